import { memo } from "react";
import SafeHtml from "@/components/SafeHtml";
import { toHtml } from "./toHtml";

/** Remembered: an answer that is finished is not rendered again with every word of the next. */
export default memo(function Markdown({ text }: { text: string }) {
  return <SafeHtml html={toHtml(text)} />;
});
