import createClient from "openapi-fetch";
import { language } from "@/i18n";
import type { paths } from "./schema";

/** Why a call failed. `message` comes from the server, in the reader's language; `status` is the HTTP status, 0: no answer. */
export class ApiError extends Error {
  readonly status: number;
  /** Seconds after which to try again, if the server said so. */
  readonly retryAfter: number;

  constructor(message: string, status: number, retryAfter = 0) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The admin API client, typed by `schema.d.ts`. */
export const api = createClient<paths>({ baseUrl: globalThis.location?.origin ?? "" });

api.use({
  onRequest({ request }) {
    request.headers.set("Accept-Language", language());
    return request;
  },
});

let onSignedOut = (): void => {};

/** `callback` runs whenever the session has ended. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

interface Envelope {
  success?: boolean;
  message?: string;
  data?: unknown;
}

interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

type Of<T> = T extends { data: infer D } ? D : undefined;
type Succeeded<A> = A extends { data?: infer E } ? Extract<NonNullable<E>, { success: true }> : never;
/** Some answers have no envelope; anything that is not a refusal counts as success. */
type Answered<A> = A extends { data?: infer E } ? Exclude<NonNullable<E>, { success: false }> : never;

/** The `data` of a successful call. Throws ApiError otherwise. */
export async function take<A extends Answer>(call: Promise<A>): Promise<Of<Succeeded<A>>> {
  const { envelope } = await opened(call);
  return envelope.data as Of<Succeeded<A>>;
}

/** The whole answer, for the few calls that return more than `data`. Throws ApiError. */
export async function takeAll<A extends Answer>(call: Promise<A>): Promise<Answered<A>> {
  const { envelope } = await opened(call);
  return envelope as Answered<A>;
}

/** The rows of a page, and the total number. */
export interface Page<R> {
  rows: R[];
  total: number;
}

/** A page of a list. Throws ApiError. */
export async function takePage<A extends Answer>(
  call: Promise<A>,
): Promise<Page<Of<Succeeded<A>> extends (infer R)[] | null ? R : never>> {
  const { envelope, response } = await opened(call);
  const rows = (envelope.data ?? []) as never[];
  const total = response.headers.get("X-Total-Count");
  return { rows, total: total === null ? rows.length : Number(total) };
}

async function opened(call: Promise<Answer>): Promise<{ envelope: Envelope; response: Response }> {
  let answer: Answer;
  try {
    answer = await call;
  } catch {
    throw new ApiError("", 0);
  }
  const { response } = answer;
  const envelope = (answer.data ?? answer.error ?? {}) as Envelope;
  if (response.ok && envelope.success !== false) {
    return { envelope, response };
  }
  if (response.status === 401) {
    onSignedOut();
  }
  throw new ApiError(
    envelope.message ?? "",
    response.status,
    Number(response.headers.get("Retry-After") ?? 0),
  );
}
