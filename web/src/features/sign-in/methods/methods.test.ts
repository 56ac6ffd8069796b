import { expect, it } from "vitest";
import { isRedirecting, methodsOn } from "./methods";

it("offers what is switched on, and nothing else", () => {
  const off = { github_oauth: false, oidc: false, lark_client_id: "", wechat_login: false };
  expect(methodsOn(off)).toEqual([]);
  expect(methodsOn({ ...off, lark_client_id: "cli_1", wechat_login: true })).toEqual(["lark", "wechat"]);
  expect(methodsOn({ ...off, github_oauth: true, oidc: true })).toEqual(["github", "oidc"]);
});

it("knows who sends the browser back", () => {
  expect(isRedirecting("oidc")).toBe(true);
  expect(isRedirecting("wechat")).toBe(false);
  expect(isRedirecting(undefined)).toBe(false);
});
