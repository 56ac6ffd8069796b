import type { components } from "@/api/schema";

export type DailyUsage = components["schemas"]["DailyUseObject"];
export type Measure = "requests" | "money" | "tokens";
export const MEASURES: Measure[] = ["requests", "money", "tokens"];

/** Usage of one model, or of all models. */
export interface Usage {
  requests: number;
  delivered: number;
  quota: number;
  prompt: number;
  completion: number;
  /** The number of requests that took less than each of `TIME_BOUNDS`. */
  times: number[];
}

export interface ModelUsage extends Usage {
  model: string;
}

/** Models with a colour of their own; all others are combined. */
export const BIGGEST = 8;

const NOTHING: Usage = { requests: 0, delivered: 0, quota: 0, prompt: 0, completion: 0, times: [] };

export function sumUp(rows: DailyUsage[]): Usage {
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

/** Each model's usage over all days, the largest first: by cost, then by requests. */
export function byModel(rows: DailyUsage[]): ModelUsage[] {
  const models = grouped(rows, (row) => row.model_name);
  return [...models]
    .map(([model, its]) => ({ model, ...sumUp(its) }))
    .sort((a, b) => b.quota - a.quota || b.requests - a.requests || a.model.localeCompare(b.model));
}

export function measured(use: Usage, measure: Measure): number {
  if (measure === "money") return use.quota;
  return measure === "requests" ? use.requests : use.prompt + use.completion;
}

/** UTC days, `YYYY-MM-DD`, ending with the day of `now` (milliseconds). */
export function lastDays(count: number, now: number): string[] {
  const day = 86_400_000;
  return Array.from({ length: count }, (_, index) =>
    new Date(now - (count - 1 - index) * day).toISOString().slice(0, 10),
  );
}

/** One day of the chart: the usage of each of `models` by rank; the last entry is for all others. */
export type ChartDay = { day: string } & Record<`use${number}`, number>;

/** A row for each of `days`, including days without usage. */
export function chartDays(
  rows: DailyUsage[],
  days: string[],
  models: string[],
  measure: Measure,
): ChartDay[] {
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
