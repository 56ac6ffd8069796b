import { memo } from "react";
import SafeHtml from "@/components/SafeHtml";
import { toHtml } from "./toHtml";

/** Memoised, so that finished answers are not rendered again with every word of the next. */
export default memo(function Markdown({ text }: { text: string }) {
  return <SafeHtml html={toHtml(text)} />;
});
