/** One try on one channel; `status` is that of the provider's answer, 0: none. */
export interface Attempt {
  channel: number;
  status: number;
  /** `ok`, or the name of the error. */
  outcome: string;
  milliseconds: number;
}

/** The tries that stand on a row; none where the text is empty or not what it should be. */
export function parseAttempts(text: string): Attempt[] {
  if (!text) return [];
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [];
  }
  if (!Array.isArray(parsed)) return [];
  return parsed
    .filter((each): each is Record<string, unknown> => typeof each === "object" && each !== null)
    .map((each) => ({
      channel: Number(each.channel_id) || 0,
      status: Number(each.status) || 0,
      outcome: String(each.outcome ?? ""),
      milliseconds: Number(each.milliseconds) || 0,
    }));
}
