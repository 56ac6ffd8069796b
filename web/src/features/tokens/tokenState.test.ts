import { expect, it } from "vitest";
import { NEVER, TOKEN_STATUS, tokenState } from "./tokenState";

const NOW = 1_000;
const usable = { status: 1, expired_time: NEVER, remain_quota: 5, unlimited_quota: false };

it.each([
  ["enabled", {}],
  ["enabled", { remain_quota: 0, unlimited_quota: true }],
  ["enabled", { expired_time: NOW + 1 }],
  ["disabled", { status: TOKEN_STATUS.disabled }],
  ["expired", { status: TOKEN_STATUS.expired }],
  ["exhausted", { status: TOKEN_STATUS.exhausted }],
  ["expired", { expired_time: NOW - 1 }],
  ["exhausted", { remain_quota: 0 }],
])("is %s with %o", (state, changed) => {
  expect(tokenState({ ...usable, ...changed }, NOW)).toBe(state);
});
