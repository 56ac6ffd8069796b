import type { Failure } from "../chat/pieces";

/** What the user can do about a failure: a text key. */
export type Advice =
  | "doSignIn"
  | "doTopUp"
  | "doRaiseToken"
  | "doChangeToken"
  | "doChangeModel"
  | "doWait"
  | "doConnect"
  | "doRetry"
  | "doCorrect";

const BY_CODE: Record<string, Advice> = {
  insufficient_user_quota: "doTopUp",
  pre_consume_token_quota_failed: "doRaiseToken",
  model_not_priced: "doChangeModel",
  unsupported_feature: "doChangeModel",
  unsupported_mode: "doChangeModel",
  storage_unavailable: "doWait",
  overloaded: "doWait",
  unreachable: "doConnect",
};

/** `withToken`: the call was made with a token's key. */
export function adviceFor({ status, code }: Failure, withToken: boolean): Advice {
  const known = BY_CODE[code];
  if (known) return known;
  if (status === 401) return withToken ? "doChangeToken" : "doSignIn";
  if (status === 403 && withToken) return "doChangeToken";
  if (status === 404 || status === 503) return "doChangeModel";
  if (status === 429) return "doWait";
  if (status === 0 || status >= 500) return "doRetry";
  return "doCorrect";
}
