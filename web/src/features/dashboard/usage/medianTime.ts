/** Milliseconds; those of `DailyUseObject.times`. */
export const TIME_BOUNDS = [100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];

/**
 * The approximate median duration of `requests` in milliseconds; null if there were none.
 * `times` says how many took less than each bound. Between two bounds the requests count as evenly spread;
 * of those beyond the last it is only known that they took longer, so that it is their median.
 */
export function medianTime(times: number[], requests: number): number | null {
  if (requests === 0) return null;
  const half = requests / 2;
  let below = 0;
  let lower = 0;
  for (const [index, upper] of TIME_BOUNDS.entries()) {
    const count = times[index] ?? 0;
    if (count >= half) return lower + ((upper - lower) * (half - below)) / (count - below);
    below = count;
    lower = upper;
  }
  return lower;
}
