import { expect, it } from "vitest";
import { bindingsOf } from "./bindings";

const nobody = { github_id: "", oidc_id: "", lark_id: "", wechat_id: "" };
const off = { github_oauth: false, oidc: false, lark_client_id: "", wechat_login: false };

it("lists what is bound, even where it can be bound no more, and what can be", () => {
  expect(bindingsOf(nobody, off)).toEqual([]);
  expect(bindingsOf({ ...nobody, wechat_id: "o-1" }, { ...off, oidc: true })).toEqual([
    { method: "oidc", id: "", on: true },
    { method: "wechat", id: "o-1", on: false },
  ]);
});
