import { describe, expect, it } from "vitest";
import { medianTime } from "./medianTime";
import { byModel, chartDays, type DailyUsage, lastDays, sumUp } from "./usage";

const row = (day: string, model_name: string, quota: number, requests = 1): DailyUsage => ({
  day,
  model_name,
  requests,
  delivered: requests,
  quota,
  prompt_tokens: 3,
  completion_tokens: 4,
  elapsed_time: 100,
  times: [0, requests, requests],
});

const ROWS = [row("2026-11-23", "a", 5), row("2026-11-23", "b", 7), row("2026-11-25", "a", 6, 2)];

describe("days", () => {
  it("are those of UTC, today's the last, across the end of a month", () => {
    expect(lastDays(3, Date.parse("2026-12-01T00:00:00Z"))).toEqual([
      "2026-11-29",
      "2026-11-30",
      "2026-12-01",
    ]);
    expect(lastDays(1, Date.parse("2026-11-30T23:59:59Z"))).toEqual(["2026-11-30"]);
  });

  it("without use stand in the chart, and models without a place are one", () => {
    const days = ["2026-11-23", "2026-11-24", "2026-11-25"];
    expect(chartDays(ROWS, days, ["a"], "money")).toEqual([
      { day: "2026-11-23", use0: 5, use1: 7 },
      { day: "2026-11-24", use0: 0, use1: 0 },
      { day: "2026-11-25", use0: 6, use1: 0 },
    ]);
    expect(chartDays(ROWS, days, ["a"], "requests")[2]).toMatchObject({ use0: 2 });
    expect(chartDays(ROWS, days, ["a"], "tokens")[0]).toMatchObject({ use0: 7, use1: 7 });
  });
});

it("sums up", () => {
  expect(sumUp([])).toMatchObject({ requests: 0, times: [] });
  expect(sumUp(ROWS)).toEqual({
    requests: 4,
    delivered: 4,
    quota: 18,
    prompt: 9,
    completion: 12,
    times: [0, 4, 4],
  });
});

it("puts the biggest model first: by money, then by requests, then by name", () => {
  expect(byModel(ROWS).map(({ model, quota }) => [model, quota])).toEqual([
    ["a", 11],
    ["b", 7],
  ]);
  const free = [row("2026-11-23", "z", 0), row("2026-11-23", "y", 0), row("2026-11-23", "x", 0, 9)];
  expect(byModel(free).map(({ model }) => model)).toEqual(["x", "y", "z"]);
});

describe("the median", () => {
  it("lies within the class that holds the middle", () => {
    expect(medianTime([0, 10, 10, 10, 10, 10, 10, 10, 10], 10)).toBe(175);
    expect(medianTime([5, 10, 10, 10, 10, 10, 10, 10, 10], 10)).toBe(100);
    expect(medianTime([2, 2, 2, 8, 10, 10, 10, 10, 10], 10)).toBe(750);
  });

  it("is not known without requests, and at least the last bound for slow ones", () => {
    expect(medianTime([], 0)).toBeNull();
    expect(medianTime([0, 0, 0, 0, 0, 0, 0, 0, 1], 10)).toBe(60_000);
  });
});
