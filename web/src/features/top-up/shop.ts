import type { User } from "@/app/queries";

/**
 * The address of the operator's shop for `user`, with the query that the original sends.
 * Undefined unless `link` is one of the web: others could run in this page.
 */
export function shopAddress(
  link: string,
  user: Pick<User, "id" | "username">,
  transaction: string,
): string | undefined {
  if (!/^https?:\/\//i.test(link) || !URL.canParse(link)) return undefined;
  const address = new URL(link);
  address.searchParams.append("username", user.username);
  address.searchParams.append("user_id", String(user.id));
  address.searchParams.append("transaction_id", transaction);
  return address.href;
}

/** A random UUID; `crypto.randomUUID` is missing where the console is served without TLS. */
export function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte, index) => {
    if (index === 6) return (byte & 0x0f) | 0x40;
    return index === 8 ? (byte & 0x3f) | 0x80 : byte;
  }).map((byte) => byte.toString(16).padStart(2, "0"));
  return hex.join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
