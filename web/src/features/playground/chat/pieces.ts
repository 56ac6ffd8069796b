/** Why a call got no answer, or only part of one. `status` is the HTTP status; 0: no connection, or a broken stream. */
export interface Failure {
  status: number;
  code: string;
  /** The gateway's message; empty if there is none. */
  message: string;
}

export class CallFailed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

export interface Usage {
  prompt: number;
  completion: number;
}

/** What one event of a streamed answer adds. */
export interface Piece {
  text: string;
  reasoning: string;
  usage: Usage | undefined;
}

interface Delta {
  content?: string | null;
  /** The name used by DeepSeek and most others. */
  reasoning_content?: string | null;
  /** The name used by OpenRouter. */
  reasoning?: string | null;
}

interface Chunk {
  choices?: { delta?: Delta | null }[] | null;
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: { message?: string; code?: unknown } | null;
}

/** Parses an event's data; null: the answer is complete. Throws CallFailed. */
export function readPiece(data: string): Piece | null {
  if (data === "[DONE]") return null;
  const chunk = parsed(data) as Chunk | null;
  if (chunk === null || typeof chunk !== "object") {
    throw new CallFailed({ status: 0, code: "interrupted", message: "" });
  }
  if (chunk.error) throw new CallFailed(failureIn(chunk, 0));
  const delta = chunk.choices?.[0]?.delta ?? {};
  return {
    text: delta.content ?? "",
    reasoning: delta.reasoning_content ?? delta.reasoning ?? "",
    usage: chunk.usage
      ? { prompt: chunk.usage.prompt_tokens ?? 0, completion: chunk.usage.completion_tokens ?? 0 }
      : undefined,
  };
}

/** The failure described by an answer with an error status. */
export function readFailure(body: string, status: number): Failure {
  return failureIn(parsed(body) as Chunk | null, status);
}

function failureIn(chunk: Chunk | null, status: number): Failure {
  const { message, code } = chunk?.error ?? {};
  return { status, code: typeof code === "string" ? code : "", message: message ?? "" };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
