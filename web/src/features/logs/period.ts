import dayjs from "dayjs";

export const PERIODS = ["today", "1d", "7d", "30d", "custom"] as const;
export type Period = (typeof PERIODS)[number];

/** Unix seconds, both inclusive; 0 means no bound, as in the API. */
export interface Bounds {
  start: number;
  end: number;
}

const DAYS: Partial<Record<Period, number>> = { "1d": 1, "7d": 7, "30d": 30 };

/** The period named in the URL; a week if it is unknown. */
export function periodNamed(name: string): Period {
  return PERIODS.find((period) => period === name) ?? "7d";
}

/**
 * From when to when `period` goes at `now`, in unix seconds. One that ends now has no end, so that new rows belong
 * to it. `from` and `to` are the days of a custom one, in the reader's zone; a missing one does not bound it.
 */
export function boundsOf(period: Period, from: string, to: string, now: number): Bounds {
  if (period === "custom") {
    const [start, end] = [dayjs(from), dayjs(to)];
    return {
      start: start.isValid() ? start.startOf("day").unix() : 0,
      end: end.isValid() ? end.endOf("day").unix() : 0,
    };
  }
  const days = DAYS[period];
  return { start: days ? now - days * 86_400 : dayjs.unix(now).startOf("day").unix(), end: 0 };
}
