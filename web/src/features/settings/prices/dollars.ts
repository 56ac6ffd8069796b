import type { Ratios } from "./ratios";

/** The price of a million tokens at this ratio, in dollars; ratio 1 is one quota unit per token. */
export function dollarsPerMillion(ratio: number, quotaPerUnit: number): number {
  return (ratio * 1_000_000) / quotaPerUnit;
}

/** A price in readable form: `$2.50`, `$0.0142`. */
export function formatDollars(dollars: number): string {
  // a price above zero must not look free
  if (dollars > 0 && dollars < 0.000001) return "< $0.000001";
  return `$${dollars.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`;
}

/** The entry that applies to `model`, which may include a channel type: `llama3-8b-8192(33)`. */
export function ratioOf(model: string, ratios: Ratios): number | undefined {
  const found = ratios.get(model) ?? ratios.get(model.replace(/\(\d+\)$/, ""));
  return found === undefined ? undefined : Number(found);
}
