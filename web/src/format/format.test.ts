import { describe, expect, it } from "vitest";
import { fromCommas, toCommas } from "./lists";
import { formatQuota, quotaFrom, typedFrom } from "./money";
import { serverAddress } from "./serverAddress";
import { formatAge, formatDuration } from "./time";

const money = { perUnit: 500_000, inMoney: true };
const units = { perUnit: 500_000, inMoney: false };

describe("quota", () => {
  it("is shown in dollars, or as it is", () => {
    expect(formatQuota(625_000, money)).toBe("$1.25");
    expect(formatQuota(-625_000, money)).toBe("-$1.25");
    expect(formatQuota(625_000, units)).toBe("625,000");
  });

  it("never looks like nothing when it is something", () => {
    expect(formatQuota(1, money)).toBe("$0.000002");
    expect(formatQuota(1_000, money)).toBe("$0.002");
    expect(formatQuota(0, money)).toBe("$0.00");
  });

  it("comes back from a field as it went in", () => {
    for (const quota of [0, 1, 7, 499_999, 500_000, 123_456_789]) {
      expect(quotaFrom(typedFrom(quota, money), money)).toBe(quota);
      expect(quotaFrom(typedFrom(quota, units), units)).toBe(quota);
    }
  });
});

it("says ages in words", () => {
  expect(formatAge(1_000, 1_000 + 7_200, "en")).toBe("2 hours ago");
  expect(formatAge(1_000, 990, "en")).toBe("now");
});

it("says durations in the unit that reads best", () => {
  expect(formatDuration(840)).toBe("840 ms");
  expect(formatDuration(12_345)).toBe("12.3 s");
});

it("reads and writes comma lists", () => {
  expect(fromCommas(" a, b,,c ")).toEqual(["a", "b", "c"]);
  expect(fromCommas(null)).toEqual([]);
  expect(toCommas(["a", " b", "a", ""])).toBe("a,b");
});

it.each([
  ["https://api.example.com/", "https://api.example.com"],
  ["", "https://here.example"],
  ["http://localhost:3000", "https://here.example"],
  ["http://localhost.example.com", "http://localhost.example.com"],
])("takes %j as %j", (configured, server) => {
  expect(serverAddress(configured, "https://here.example")).toBe(server);
});
