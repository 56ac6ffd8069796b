import type { Token } from "./queries";

/** As the database keeps them. */
export const TOKEN_STATUS = { enabled: 1, disabled: 2, expired: 3, exhausted: 4 } as const;
/** The `expired_time` of a token that never expires. */
export const NEVER = -1;

export type TokenState = keyof typeof TOKEN_STATUS;

export const STATE_COLORS: Record<TokenState, string> = {
  enabled: "teal",
  disabled: "gray",
  expired: "orange",
  exhausted: "red",
};

type Limits = Pick<Token, "expired_time" | "remain_quota" | "unlimited_quota">;

/** The token's effective status at `now`; the stored status changes only at the next use. */
export function tokenState(token: Limits & Pick<Token, "status">, now: number): TokenState {
  if (token.status === TOKEN_STATUS.exhausted) return "exhausted";
  if (token.status === TOKEN_STATUS.expired) return "expired";
  if (token.status !== TOKEN_STATUS.enabled) return "disabled";
  return limitReached(token, now) ?? "enabled";
}

/** The limits that a token has reached at `now`. */
export function limitReached(limits: Limits, now: number): "expired" | "exhausted" | undefined {
  if (limits.expired_time !== NEVER && limits.expired_time < now) return "expired";
  if (!limits.unlimited_quota && limits.remain_quota <= 0) return "exhausted";
  return undefined;
}
