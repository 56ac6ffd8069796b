import { marked } from "marked";
import SafeHtml from "@/components/SafeHtml";

/** Markdown and HTML that the operator wrote. */
export default function Prose({ text }: { text: string }) {
  return <SafeHtml html={marked.parse(text, { async: false })} />;
}
