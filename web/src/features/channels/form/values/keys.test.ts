import { describe, expect, it } from "vitest";
import { composedKey, keyProblem, keysIn, movesKey } from "./keys";
import { aws, baidu, proxy, typeLike } from "./testTypes";

const zhipu = typeLike({ key: { text: "id.secret", hint: null, config: [] } });
const fastgpt = typeLike({ key: { text: "APIKey-AppId", hint: null, config: [] } });

describe("a key", () => {
  it("is fine when it has the form of its type", () => {
    expect(keyProblem("sk-1", null)).toBeUndefined();
    expect(keyProblem("a|b", baidu.key)).toBeUndefined();
    expect(keyProblem("id.secret", zhipu.key)).toBeUndefined();
    expect(keyProblem("without-or-with", fastgpt.key)).toBeUndefined();
    expect(keyProblem("Bearer abc", proxy.key)).toBeUndefined();
  });

  it.each(["ak|sk|region", "ak|sk|region|token", "api-key"])(
    "may have any form that is explained: %s",
    (key) => {
      expect(keyProblem(key, aws.key)).toBeUndefined();
    },
  );

  it("is told what is wrong with it, and in which line", () => {
    expect(keyProblem(" \n", null)).toEqual({ kind: "missing", line: 1 });
    expect(keyProblem("sk 1", null)).toEqual({ kind: "blank", line: 1 });
    expect(keyProblem("sk-１", null)).toEqual({ kind: "characters", line: 1 });
    expect(keyProblem("a|b\na|", baidu.key)).toEqual({ kind: "form", line: 2 });
    expect(keyProblem("a|b|c", baidu.key)).toEqual({ kind: "form", line: 1 });
    expect(keyProblem("a|b", aws.key)).toEqual({ kind: "form", line: 1 });
    expect(keyProblem("secret", zhipu.key)).toEqual({ kind: "form", line: 1 });
  });

  it("stands in a line of its own", () => {
    expect(keysIn(" a \r\n\nb\n")).toEqual(["a", "b"]);
  });

  it("is made of its values in one line, or not at all", () => {
    expect(composedKey(["a", "b"], { a: " x ", b: '{\n  "k": 1\n}' })).toBe('x|{ "k": 1 }');
    expect(composedKey(["a", "b"], { a: "x" })).toBe("");
  });

  it("goes elsewhere only when the host changes", () => {
    expect(movesKey("https://a.com/v1", "https://a.com:443/v2")).toBe(false);
    expect(movesKey("https://a.com", "")).toBe(false);
    expect(movesKey("https://a.com", "http://a.com")).toBe(true);
    expect(movesKey("", "https://a.com")).toBe(true);
  });
});
