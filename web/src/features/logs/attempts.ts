/** One attempt on one channel; `status` is the provider's HTTP status, 0 without an answer. */
export interface Attempt {
  channel: number;
  status: number;
  /** `ok`, or the name of the error. */
  outcome: string;
  milliseconds: number;
}

/** The attempts recorded on a row; none if the text is empty or malformed. */
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
