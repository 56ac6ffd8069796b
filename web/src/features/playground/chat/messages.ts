import { fromCommas } from "@/format/lists";
import type { Failure, Usage } from "./pieces";

export interface Question {
  role: "user";
  text: string;
}

export interface Answer {
  role: "assistant";
  model: string;
  text: string;
  reasoning: string;
  state: "streaming" | "done" | "stopped" | "failed";
  failure?: Failure | undefined;
  usage?: Usage | undefined;
  /** The request id, under which the log has the cost. */
  requestId?: string | undefined;
  /** Milliseconds until the first token, and until the end. */
  firstToken?: number | undefined;
  whole?: number | undefined;
}

export type Message = Question | Answer;

/** The user's settings for calls. `tokenId` 0: call with the session; null: the model's default. */
export interface Settings {
  tokenId: number;
  model: string;
  system: string;
  temperature: number | null;
  maxTokens: number | null;
}

export const NOTHING_SET: Settings = {
  tokenId: 0,
  model: "",
  system: "",
  temperature: null,
  maxTokens: null,
};

/** The body of a call, without the streaming fields. */
export interface ChatBody {
  model: string;
  messages: { role: string; content: string }[];
  temperature?: number;
  max_tokens?: number;
}

export function bodyOf(settings: Settings, messages: Message[]): ChatBody {
  const { model, system, temperature, maxTokens } = settings;
  const said = messages.filter((message) => message.text !== "");
  return {
    model,
    messages: [
      ...(system.trim() ? [{ role: "system", content: system }] : []),
      ...said.map(({ role, text }) => ({ role, content: text })),
    ],
    ...(temperature === null ? {} : { temperature }),
    ...(maxTokens === null ? {} : { max_tokens: maxTokens }),
  };
}

/** `messages` up to the last question, without the answer to be regenerated. */
export function upToLastQuestion(messages: Message[]): Message[] {
  return messages.slice(0, messages.findLastIndex((message) => message.role === "user") + 1);
}

/** The models that can be called: the account's, or those of them that the token allows. */
export function modelsFor(available: string[], token: { models: string | null } | undefined): string[] {
  const allowed = fromCommas(token?.models);
  return allowed.length > 0 ? available.filter((model) => allowed.includes(model)) : available;
}
