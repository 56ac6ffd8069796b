import { expect, it } from "vitest";
import { problemsOf, rowsOf, textOf } from "./mapping";

it("comes back from its JSON as it went in", () => {
  const rows = [
    { from: "gpt-4", to: "gpt-4-turbo" },
    { from: "a", to: "b" },
  ];
  expect(rowsOf(textOf(rows))).toEqual(rows);
  expect(textOf([])).toBe("");
  expect(rowsOf("")).toEqual([]);
  expect(rowsOf(null)).toEqual([]);
});

it.each(["{", "[]", "1", "null", '{"a": 1}', '{"a": {"b": "c"}}'])(
  "does not take %s for a mapping",
  (text) => {
    expect(rowsOf(text)).toBeNull();
  },
);

it("tells lines with an empty side, and the second line for a model", () => {
  const rows = [
    { from: "a", to: "b" },
    { from: " ", to: "b" },
    { from: "c", to: "" },
    { from: " a ", to: "c" },
  ];
  expect(problemsOf(rows)).toEqual([undefined, "empty", "empty", "double"]);
});
