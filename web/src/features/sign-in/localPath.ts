/** `path` if it leads to a page of this console. Addresses may come from an attacker. */
export function localPath(path: string | null): string | undefined {
  return path !== null && /^\/(?![/\\])/.test(path) ? path : undefined;
}
