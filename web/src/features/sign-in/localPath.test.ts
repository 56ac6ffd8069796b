import { expect, it } from "vitest";
import { localPath } from "./localPath";

it("lets nobody be led to a stranger's site", () => {
  expect(localPath("/channel?p=2")).toBe("/channel?p=2");
  for (const bad of [
    null,
    "",
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
  ]) {
    expect(localPath(bad)).toBeUndefined();
  }
});
