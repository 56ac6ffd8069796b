import dayjs from "dayjs";

/** Unix seconds as a date and time of the reader's zone: `2026-11-25 14:03:07`; nothing for 0. */
export function formatTime(seconds: number): string {
  return seconds > 0 ? dayjs.unix(seconds).format("YYYY-MM-DD HH:mm:ss") : "";
}

/** Unix seconds as a day of the reader's zone; nothing for 0. */
export function formatDay(seconds: number): string {
  return seconds > 0 ? dayjs.unix(seconds).format("YYYY-MM-DD") : "";
}

/** The time from `seconds` to `now` in the reader's language: `3 hours ago`. */
export function formatAge(seconds: number, now: number, language: string): string {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const age = Math.max(0, now - seconds);
  if (age < 60) return format.format(-Math.floor(age), "second");
  if (age < 3600) return format.format(-Math.floor(age / 60), "minute");
  if (age < 86400) return format.format(-Math.floor(age / 3600), "hour");
  return format.format(-Math.floor(age / 86400), "day");
}

/** Milliseconds in readable form: `840 ms`, `12.3 s`. */
export function formatDuration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
