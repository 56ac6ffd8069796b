import type { components } from "@/api/schema";

export type DailyUse = components["schemas"]["DailyUseObject"];
export type Measure = "requests" | "money" | "tokens";
export const MEASURES: Measure[] = ["requests", "money", "tokens"];

/** What was used under one model, or under all of them. */
export interface Use {
  requests: number;
  delivered: number;
  quota: number;
  prompt: number;
  completion: number;
  /** How many requests took less than each of `TIME_BOUNDS`. */
  times: number[];
}

export interface ModelUse extends Use {
  model: string;
}

/** Models that have a colour of their own; all others are one. */
export const BIGGEST = 8;

const NOTHING: Use = { requests: 0, delivered: 0, quota: 0, prompt: 0, completion: 0, times: [] };

export function sumUp(rows: DailyUse[]): Use {
  return rows.reduce(
    (sum, row) => ({
      requests: sum.requests + row.requests,
      delivered: sum.delivered + row.delivered,
      quota: sum.quota + row.quota,
      prompt: sum.prompt + row.prompt_tokens,
      completion: sum.completion + row.completion_tokens,
      times: row.times.map((count, index) => count + (sum.times[index] ?? 0)),
    }),
    NOTHING,
  );
}

/** Each model's use of all days, the biggest first: by money, where that is equal by requests. */
export function byModel(rows: DailyUse[]): ModelUse[] {
  const models = grouped(rows, (row) => row.model_name);
  return [...models]
    .map(([model, its]) => ({ model, ...sumUp(its) }))
    .sort((a, b) => b.quota - a.quota || b.requests - a.requests || a.model.localeCompare(b.model));
}

export function measured(use: Use, measure: Measure): number {
  if (measure === "money") return use.quota;
  return measure === "requests" ? use.requests : use.prompt + use.completion;
}

/** The days of UTC, `YYYY-MM-DD`, of which the one of `now` (milliseconds) is the last. */
export function lastDays(count: number, now: number): string[] {
  const day = 86_400_000;
  return Array.from({ length: count }, (_, index) =>
    new Date(now - (count - 1 - index) * day).toISOString().slice(0, 10),
  );
}

/** A day of the chart: what each of `models` used, under its place among them; the others' is the last. */
export type ChartDay = { day: string } & Record<`use${number}`, number>;

/** A row for each of `days`, those without use too. */
export function chartDays(rows: DailyUse[], days: string[], models: string[], measure: Measure): ChartDay[] {
  const places = new Map(models.map((model, index) => [model, index]));
  const perDay = grouped(rows, (row) => row.day);
  return days.map((day) => {
    const shown: ChartDay = { day };
    for (let place = 0; place <= models.length; place++) shown[`use${place}`] = 0;
    for (const row of perDay.get(day) ?? []) {
      const place = places.get(row.model_name) ?? models.length;
      shown[`use${place}`] = (shown[`use${place}`] ?? 0) + measured(sumUp([row]), measure);
    }
    return shown;
  });
}

function grouped<R>(rows: R[], keyOf: (row: R) => string): Map<string, R[]> {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const key = keyOf(row);
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}
