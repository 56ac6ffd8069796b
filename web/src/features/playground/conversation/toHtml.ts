import { Marked } from "marked";

/**
 * A model's answer never makes the browser fetch anything: HTML in it is text, and an image is a link to it. Otherwise
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

/** HTML of `text`, yet to be sanitised. */
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
