/** Why a call gave no answer, or broke it off. `status` is that of HTTP; 0: no connection, or a stream that broke. */
export interface Failure {
  status: number;
  code: string;
  /** The gateway's own words; empty where there are none. */
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
  /** As DeepSeek calls it, and most who followed. */
  reasoning_content?: string | null;
  /** As OpenRouter calls it. */
  reasoning?: string | null;
}

interface Chunk {
  choices?: { delta?: Delta | null }[] | null;
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  error?: { message?: string; code?: unknown } | null;
}

/** What the data of an event say; null: the answer is complete. Throws CallFailed. */
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

/** The failure that a whole answer with an error status tells of. */
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
