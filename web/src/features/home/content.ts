/** How a text that the operator wrote for a page is shown: not at all, as the page at that address, or as it reads. */
export function kindOf(content: string): "none" | "address" | "text" {
  if (!content.trim()) return "none";
  return /^https?:\/\//.test(content.trim()) ? "address" : "text";
}

/** What the server says when the operator has not told it where it is. */
const UNTOLD = "http://localhost:3000";

/** The address that clients of this gateway are given, for a console that was opened at `origin`. */
export function baseUrl(serverAddress: string, origin: string): string {
  const told = serverAddress.trim().replace(/\/+$/, "");
  return `${told === "" || told === UNTOLD ? origin : told}/v1`;
}
