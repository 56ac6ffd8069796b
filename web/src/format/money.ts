/** The operator's display format for quota; `perUnit` quota units are one dollar. */
export interface Currency {
  perUnit: number;
  inMoney: boolean;
}

/** A quota in readable form: `$1.25`, or `625,000` where the operator shows quota units. */
export function formatQuota(quota: number, currency: Currency, digits = 2): string {
  if (!currency.inMoney) {
    return quota.toLocaleString("en-US");
  }
  const dollars = quota / currency.perUnit;
  const shown = Math.abs(dollars);
  // amounts above zero must not look like zero
  const fine = shown > 0 && shown < 10 ** -digits ? Math.min(6, Math.ceil(-Math.log10(shown)) + 1) : digits;
  const text = shown.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: fine });
  return `${dollars < 0 ? "-" : ""}$${text}`;
}

/** The input of a money field, in whole quota units. */
export function quotaFrom(typed: number, currency: Currency): number {
  return Math.round(currency.inMoney ? typed * currency.perUnit : typed);
}

/** A quota as the value of a money field. */
export function typedFrom(quota: number, currency: Currency): number {
  return currency.inMoney ? Number((quota / currency.perUnit).toFixed(6)) : quota;
}
