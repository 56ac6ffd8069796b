import { language } from "@/i18n";
import type { Answer, ChatBody } from "./messages";
import { CallFailed, type Failure, type Piece, readFailure, readPiece } from "./pieces";
import { eventReader } from "./sse";

/** `key` null: call with the session. */
export interface Call {
  key: string | null;
  body: ChatBody;
}

const REQUEST_ID = "X-Oneapi-Request-Id";

/** The answer to `call`, however it ended; `show` receives it as it grows. `signal` aborts it. */
export async function answerTo(
  call: Call,
  signal: AbortSignal,
  show: (answer: Answer) => void,
): Promise<Answer> {
  const started = performance.now();
  let answer: Answer = {
    role: "assistant",
    model: call.body.model,
    text: "",
    reasoning: "",
    state: "streaming",
  };
  const become = (changed: Partial<Answer>) => {
    answer = { ...answer, ...changed };
    show(answer);
  };
  become({});
  try {
    const response = await send(call, signal);
    become({ requestId: response.headers.get(REQUEST_ID) ?? undefined });
    await readAll(response, (piece) => {
      const speaks = piece.text !== "" || piece.reasoning !== "";
      become({
        text: answer.text + piece.text,
        reasoning: answer.reasoning + piece.reasoning,
        usage: piece.usage ?? answer.usage,
        firstToken: answer.firstToken ?? (speaks ? performance.now() - started : undefined),
      });
    });
    become({ state: "done" });
  } catch (error) {
    become(signal.aborted ? { state: "stopped" } : { state: "failed", failure: failureOf(error) });
  }
  become({ whole: performance.now() - started });
  return answer;
}

async function send({ key, body }: Call, signal: AbortSignal): Promise<Response> {
  const response = await fetch(key === null ? "/api/playground/chat/completions" : "/v1/chat/completions", {
    method: "POST",
    signal,
    headers: {
      "Content-Type": "application/json",
      "Accept-Language": language(),
      ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
  });
  if (!response.ok) throw new CallFailed(readFailure(await response.text(), response.status));
  return response;
}

/** Passes every piece to `take`; throws CallFailed, also for an answer that is cut off. */
async function readAll(response: Response, take: (piece: Piece) => void): Promise<void> {
  const reader = response.body?.getReader();
  const feed = eventReader();
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    for (const data of feed(read.value)) {
      const piece = readPiece(data);
      if (piece === null) return;
      take(piece);
    }
  }
  throw new CallFailed({ status: 0, code: "interrupted", message: "" });
}

function failureOf(error: unknown): Failure {
  if (error instanceof CallFailed) return error.failure;
  return { status: 0, code: "unreachable", message: "" };
}
