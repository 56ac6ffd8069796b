import { Typography } from "@mantine/core";
import DOMPurify from "dompurify";

/** HTML that an operator wrote, without anything that could run. */
export default function SafeHtml({ html }: { html: string }) {
  const clean = DOMPurify.sanitize(html, { FORBID_TAGS: ["style", "form"], FORBID_ATTR: ["style"] });
  return (
    <Typography>
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised in the line above */}
      <div dangerouslySetInnerHTML={{ __html: clean }} />
    </Typography>
  );
}
