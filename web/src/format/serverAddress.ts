/** Where programs find the gateway, without a last slash: as the operator says, but for a `localhost` that is right on his machine only. */
export function serverAddress(configured: string, origin: string): string {
  const told = configured.trim();
  const local = /^https?:\/\/(localhost|127\.0\.0\.1)(:\d+)?\/*$/.test(told);
  return (told === "" || local ? origin : told).replace(/\/+$/, "");
}
