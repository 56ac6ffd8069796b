/**
 * Where programs find the gateway, without a trailing slash: the operator's setting, unless it names `localhost`, which
 * is right on the server only.
 */
export function serverAddress(configured: string, origin: string): string {
  const told = configured.trim();
  const local = /^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?\/*$/.test(told);
  return (told === "" || local ? origin : told).replace(/\/+$/, "");
}
