/** The server's limits. */
export const LONGEST_NAME = 12;
export const SHORTEST_PASSWORD = 8;
export const LONGEST_PASSWORD = 20;

export function isUserName(name: string): boolean {
  const { length } = [...name.trim()];
  return length > 0 && length <= LONGEST_NAME;
}

export function isPassword(password: string): boolean {
  const { length } = [...password];
  return length >= SHORTEST_PASSWORD && length <= LONGEST_PASSWORD;
}

/** Whether the address is plausible; only a mail shows whether it works. */
export function looksLikeEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text.trim());
}
