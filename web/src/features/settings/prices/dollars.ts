import type { Ratios } from "./ratios";

/** What a million tokens of that ratio cost, in dollars: ratio 1 is one quota unit a token. */
export function dollarsPerMillion(ratio: number, quotaPerUnit: number): number {
  return (ratio * 1_000_000) / quotaPerUnit;
}

/** A price as people compare them: `$2.50`, `$0.0142`. */
export function formatDollars(dollars: number): string {
  // what is not free must not look free
  if (dollars > 0 && dollars < 0.000001) return "< $0.000001";
  return `$${dollars.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`;
}

/** The entry that counts for `model`, which may name a type of channel: `llama3-8b-8192(33)`. */
export function ratioOf(model: string, ratios: Ratios): number | undefined {
  const found = ratios.get(model) ?? ratios.get(model.replace(/\(\d+\)$/, ""));
  return found === undefined ? undefined : Number(found);
}
