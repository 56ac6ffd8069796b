import { Typography } from "@mantine/core";
import DOMPurify from "dompurify";

/** Operator-supplied HTML, sanitised so that nothing in it can run. */
export default function SafeHtml({ html }: { html: string }) {
  const clean = DOMPurify.sanitize(html, { FORBID_TAGS: ["style", "form"], FORBID_ATTR: ["style"] });
  return (
    <Typography>
      {/* biome-ignore lint/security/noDangerouslySetInnerHtml: sanitised in the line above */}
      <div dangerouslySetInnerHTML={{ __html: clean }} />
    </Typography>
  );
}
