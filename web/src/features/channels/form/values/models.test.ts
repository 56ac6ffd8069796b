import { expect, it } from "vitest";
import { inPortions } from "../../bulk/portions";
import { modelsFrom, sameModels, withModels } from "./models";

it("finds the names in whatever is pasted", () => {
  expect(modelsFrom("gpt-4, gpt-4o\ngpt-4；qwen，glm-4\n")).toEqual(["gpt-4", "gpt-4o", "qwen", "glm-4"]);
  expect(modelsFrom('["a/b:free", "c"]')).toEqual(["a/b:free", "c"]);
  expect(modelsFrom(" \n,")).toEqual([]);
});

it("joins lists, each name once", () => {
  expect(withModels(["a", "b"], ["b", "c"])).toEqual(["a", "b", "c"]);
  expect(sameModels(["a", "b"], ["b", "a"])).toBe(true);
  expect(sameModels(["a"], ["b", "a"])).toBe(false);
});

it("cuts ids into portions", () => {
  expect(inPortions([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(inPortions([], 2)).toEqual([]);
});
