import dayjs from "dayjs";
import { describe, expect, it } from "vitest";
import { parseAttempts } from "./attempts";
import { everybodysQuery, exportAddress, FILTERS } from "./filters";
import { boundsOf, periodNamed } from "./period";

const NOW = dayjs("2026-11-25T14:03:07").unix();
const local = (text: string) => dayjs(text).unix();

describe("periods", () => {
  it("that end now have no end", () => {
    expect(boundsOf("today", "", "", NOW)).toEqual({ start: local("2026-11-25T00:00:00"), end: 0 });
    expect(boundsOf("1d", "", "", NOW)).toEqual({ start: NOW - 86_400, end: 0 });
    expect(boundsOf("30d", "2026-01-01", "", NOW)).toEqual({ start: NOW - 30 * 86_400, end: 0 });
  });

  it("of chosen days are those days whole, in the reader's zone", () => {
    expect(boundsOf("custom", "2026-11-01", "2026-11-02", NOW)).toEqual({
      start: local("2026-11-01T00:00:00"),
      end: local("2026-11-02T23:59:59"),
    });
    expect(boundsOf("custom", "2026-11-01", "", NOW).end).toBe(0);
    expect(boundsOf("custom", "nonsense", "", NOW)).toEqual({ start: 0, end: 0 });
  });

  it("are a week if the address names none", () => {
    expect(periodNamed("")).toBe("7d");
    expect(periodNamed("30d")).toBe("30d");
  });
});

describe("attempts", () => {
  it("are read from the row", () => {
    const text = '[{"channel_id":2,"status":429,"outcome":"RateLimited","milliseconds":212}]';
    expect(parseAttempts(text)).toEqual([
      { channel: 2, status: 429, outcome: "RateLimited", milliseconds: 212 },
    ]);
  });

  it.each(["", "{", "{}", "null", "[1, null]"])("are none in %j", (text) => {
    expect(parseAttempts(text)).toEqual([]);
  });
});

describe("what the API is asked", () => {
  it("follows the filters", () => {
    const filters = { ...FILTERS, type: "2", user: "alice", channel: "x" };
    expect(everybodysQuery(filters, NOW)).toEqual({
      type: 2,
      start_timestamp: NOW - 7 * 86_400,
      end_timestamp: 0,
      token_name: "",
      model_name: "",
      username: "alice",
      channel: 0,
    });
  });

  it("is the same for an export, and names nobody else in one's own", () => {
    const filters = { ...FILTERS, period: "custom", model: "a b", user: "alice" };
    expect(exportAddress(filters, true, NOW)).toBe("/api/log/export?model_name=a+b&username=alice");
    expect(exportAddress(filters, false, NOW)).toBe("/api/log/self/export?model_name=a+b");
  });
});
