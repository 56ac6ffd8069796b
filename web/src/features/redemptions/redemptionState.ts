/** As the database keeps them. */
export const CODE_STATUS = { unused: 1, disabled: 2, used: 3 } as const;

export type RedemptionState = keyof typeof CODE_STATUS;

export const STATE_COLORS: Record<RedemptionState, string> = {
  unused: "teal",
  disabled: "gray",
  used: "blue",
};

export function redemptionState(status: number): RedemptionState {
  if (status === CODE_STATUS.unused) return "unused";
  return status === CODE_STATUS.used ? "used" : "disabled";
}
