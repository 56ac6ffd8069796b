import { serverAddress } from "@/format/serverAddress";

/** How a text that the operator wrote for a page is shown: not at all, as the page at that address, or as it reads. */
export function kindOf(content: string): "none" | "address" | "text" {
  if (!content.trim()) return "none";
  return /^https?:\/\//.test(content.trim()) ? "address" : "text";
}

/** The address that clients of this gateway are given, for a console that was opened at `origin`. */
export function baseUrl(configured: string, origin: string): string {
  return `${serverAddress(configured, origin)}/v1`;
}
