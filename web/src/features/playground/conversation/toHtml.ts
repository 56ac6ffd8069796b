import { Marked } from "marked";

/**
 * A model's answer never makes the browser fetch anything: HTML becomes text, images become links. Otherwise
 * an address that a prompt smuggled in could carry the conversation away.
 */
const marked = new Marked({
  gfm: true,
  breaks: true,
  async: false,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
  },
});

/** `text` as HTML, not yet sanitised. */
export function toHtml(text: string): string {
  return marked.parse(text) as string;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
