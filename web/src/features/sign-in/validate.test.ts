import { expect, it } from "vitest";
import { isPassword, isUserName, looksLikeEmail } from "./validate";

it("knows names and passwords that the server takes", () => {
  expect(isUserName("twelve_chars")).toBe(true);
  expect(isUserName("thirteen_char")).toBe(false);
  expect(isUserName("  ")).toBe(false);
  expect(isPassword("12345678")).toBe(true);
  expect(isPassword("1234567")).toBe(false);
  expect(isPassword("1".repeat(21))).toBe(false);
});

it("knows what may be an address", () => {
  expect(looksLikeEmail(" me@example.com ")).toBe(true);
  for (const bad of ["", "me", "me@", "me@host", "a b@example.com"]) expect(looksLikeEmail(bad)).toBe(false);
});
