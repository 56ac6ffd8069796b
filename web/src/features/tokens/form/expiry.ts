import dayjs from "dayjs";
import { NEVER } from "../tokenState";

/** The value of the date and time field; null: never. */
export type Moment = string | null;

const FIELD = "YYYY-MM-DD HH:mm:ss";

/** Common lifetimes of tokens, by text key. */
export const LIFETIMES = [
  { text: "oneHour", unit: "hour" },
  { text: "oneDay", unit: "day" },
  { text: "oneMonth", unit: "month" },
] as const;

/** One `unit` after `now`, in the reader's zone. */
export function after(unit: "hour" | "day" | "month", now: number): Moment {
  return dayjs.unix(now).add(1, unit).format(FIELD);
}

export function momentOf(expiredTime: number): Moment {
  return expiredTime === NEVER ? null : dayjs.unix(expiredTime).format(FIELD);
}

export function expiredTimeOf(moment: Moment): number {
  return moment === null ? NEVER : dayjs(moment, FIELD).unix();
}

/** The time relative to `now` in the reader's language: `in 3 days`, `2 hours ago`. */
export function formatExpiry(seconds: number, now: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(language);
  const left = seconds - now;
  const [size, unit] = UNITS.find(([least]) => Math.abs(left) >= least) ?? [1, "second"];
  return format.format(Math.round(left / size), unit);
}

const UNITS: [number, Intl.RelativeTimeFormatUnit][] = [
  [365 * 86_400, "year"],
  [30 * 86_400, "month"],
  [86_400, "day"],
  [3_600, "hour"],
  [60, "minute"],
];
