import { describe, expect, it } from "vitest";
import { CallFailed, readFailure, readPiece } from "./pieces";

const chunk = (delta: object, more: object = {}) => JSON.stringify({ choices: [{ delta }], ...more });

describe("an event of an answer", () => {
  it("adds text, or reasoning under either name", () => {
    expect(readPiece(chunk({ content: "hi" }))).toEqual({ text: "hi", reasoning: "", usage: undefined });
    expect(readPiece(chunk({ content: null, reasoning_content: "so" }))?.reasoning).toBe("so");
    expect(readPiece(chunk({ reasoning: "so" }))?.reasoning).toBe("so");
  });

  it("may bring nothing but the usage", () => {
    const data = JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } });
    expect(readPiece(data)).toEqual({ text: "", reasoning: "", usage: { prompt: 3, completion: 4 } });
  });

  it("ends the answer", () => {
    expect(readPiece("[DONE]")).toBeNull();
  });

  it("may be an error in mid-stream", () => {
    const data = JSON.stringify({ error: { message: "it broke", code: "upstream_interrupted" } });
    try {
      readPiece(data);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(CallFailed);
      expect((error as CallFailed).failure).toEqual({
        status: 0,
        code: "upstream_interrupted",
        message: "it broke",
      });
    }
  });

  it.each(["<html>", "1", "null"])("that is none breaks the answer off: %s", (data) => {
    expect(() => readPiece(data)).toThrow(CallFailed);
  });
});

it("reads why a call was refused, also from what is not the gateway's", () => {
  const body = '{"error":{"message":"no","type":"one_api_error","code":null}}';
  expect(readFailure(body, 403)).toEqual({ status: 403, code: "", message: "no" });
  expect(readFailure("<html>Bad Gateway</html>", 502)).toEqual({ status: 502, code: "", message: "" });
});
