/** `path` if it leads to a page of this console; an address may have been made by a stranger. */
export function localPath(path: string | null): string | undefined {
  return path !== null && /^\/(?![/\\])/.test(path) ? path : undefined;
}
