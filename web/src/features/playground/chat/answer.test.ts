import { expect, it, vi } from "vitest";
import { answerTo } from "./answer";
import type { Answer } from "./messages";

const CALL = { key: null, body: { model: "m", messages: [{ role: "user", content: "hi" }] } };

function answering(text: string, init: ResponseInit = {}) {
  return vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(text, init));
}

function event(content: string): string {
  return `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
}

const never = new AbortController().signal;

it("grows to its end, and knows its request", async () => {
  const fetched = answering(`${event("hel")}${event("lo")}data: [DONE]\n\n`, {
    headers: { "X-Oneapi-Request-Id": "r1" },
  });
  const seen: Answer[] = [];
  const answer = await answerTo(CALL, never, (one) => seen.push(one));
  expect(answer).toMatchObject({ text: "hello", state: "done", requestId: "r1" });
  expect(answer.firstToken).toBeLessThanOrEqual(answer.whole ?? 0);
  expect(seen.map((one) => one.text)).toContain("hel");
  const [address, init] = fetched.mock.calls[0] ?? [];
  expect(address).toBe("/api/playground/chat/completions");
  expect(init?.headers).not.toHaveProperty("Authorization");
  expect(JSON.parse(String(init?.body))).toMatchObject({
    stream: true,
    stream_options: { include_usage: true },
  });
});

it("goes to the relay with a token's key", async () => {
  const fetched = answering("data: [DONE]\n\n");
  await answerTo({ ...CALL, key: "sk-1" }, never, () => {});
  const [address, init] = fetched.mock.calls[0] ?? [];
  expect(address).toBe("/v1/chat/completions");
  expect(init?.headers).toHaveProperty("Authorization", "Bearer sk-1");
});

it("says why it was refused", async () => {
  answering('{"error":{"message":"no","code":"insufficient_user_quota"}}', { status: 403 });
  const answer = await answerTo(CALL, never, () => {});
  expect(answer.state).toBe("failed");
  expect(answer.failure).toEqual({ status: 403, code: "insufficient_user_quota", message: "no" });
});

it("keeps what came before an error in mid-stream", async () => {
  answering(`${event("hel")}data: {"error":{"message":"broke"}}\n\n`);
  const answer = await answerTo(CALL, never, () => {});
  expect(answer).toMatchObject({ text: "hel", state: "failed", failure: { message: "broke" } });
});

it("without an end is broken off", async () => {
  answering(event("hel"));
  const answer = await answerTo(CALL, never, () => {});
  expect(answer).toMatchObject({ text: "hel", state: "failed", failure: { code: "interrupted" } });
});

it("is stopped by its signal", async () => {
  const controller = new AbortController();
  vi.spyOn(globalThis, "fetch").mockImplementation(() => {
    controller.abort();
    return Promise.reject(controller.signal.reason);
  });
  expect((await answerTo(CALL, controller.signal, () => {})).state).toBe("stopped");
});
