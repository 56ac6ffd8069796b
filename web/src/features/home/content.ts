import { serverAddress } from "@/format/serverAddress";

/** How operator-supplied content is shown: not at all, as an embedded address, or as Markdown. */
export function kindOf(content: string): "none" | "address" | "text" {
  if (!content.trim()) return "none";
  return /^https?:\/\//.test(content.trim()) ? "address" : "text";
}

/** The gateway's address for clients, for a console opened at `origin`. */
export function baseUrl(configured: string, origin: string): string {
  return `${serverAddress(configured, origin)}/v1`;
}
