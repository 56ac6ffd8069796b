import { expect, it } from "vitest";
import { NEVER } from "../tokenState";
import { after, expiredTimeOf, formatExpiry, momentOf } from "./expiry";

it("comes back from the field as it went in", () => {
  for (const time of [NEVER, 1_700_000_000]) expect(expiredTimeOf(momentOf(time))).toBe(time);
});

it("knows the lifetimes", () => {
  expect(expiredTimeOf(after("hour", 1_000_000))).toBe(1_003_600);
});

it("says when, before and after", () => {
  expect(formatExpiry(3 * 86_400 + 5, 0, "en")).toBe("in 3 days");
  expect(formatExpiry(80, 0, "en")).toBe("in 1 minute");
  expect(formatExpiry(30 * 86_400 - 10, 0, "en")).toBe("in 30 days");
  expect(formatExpiry(0, 7_200, "en")).toBe("2 hours ago");
  expect(formatExpiry(400 * 86_400, 0, "zh")).toBe("1年后");
});
