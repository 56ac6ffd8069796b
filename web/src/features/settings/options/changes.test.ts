import { expect, it } from "vitest";
import { changedOptions } from "./changes";
import type { Field } from "./fields";

const github: Field[] = [
  { key: "GitHubOAuthEnabled", kind: "switch" },
  { key: "GitHubClientId", kind: "text" },
  { key: "GitHubClientSecret", kind: "secret" },
];
const stored = { GitHubOAuthEnabled: "false", GitHubClientId: "old" };

it("sends only what differs from what is stored", () => {
  const edits = { GitHubOAuthEnabled: "false", GitHubClientId: "new", SystemName: "elsewhere" } as const;
  expect(changedOptions(github, edits, stored)).toEqual([{ key: "GitHubClientId", value: "new" }]);
});

it("sends switches after what they depend on", () => {
  const edits = { GitHubOAuthEnabled: "true", GitHubClientId: "new", GitHubClientSecret: "s" };
  expect(changedOptions(github, edits, stored).map(({ key }) => key)).toEqual([
    "GitHubClientId",
    "GitHubClientSecret",
    "GitHubOAuthEnabled",
  ]);
});

it("keeps a secret whose field is empty", () => {
  expect(changedOptions(github, { GitHubClientSecret: "" }, stored)).toEqual([]);
});

it("can empty an option that is no secret", () => {
  expect(changedOptions(github, { GitHubClientId: "" }, stored)).toEqual([
    { key: "GitHubClientId", value: "" },
  ]);
});
