import { Tooltip } from "@mantine/core";
import { useCurrency } from "@/app/queries";
import { formatQuota } from "@/format/money";

/** A quota in the operator's display format; exact units on hover. */
export function Quota({ value, digits = 2 }: { value: number; digits?: number }) {
  const currency = useCurrency();
  const shown = (
    <span style={{ fontVariantNumeric: "tabular-nums" }}>{formatQuota(value, currency, digits)}</span>
  );
  if (!currency.inMoney) return shown;
  return <Tooltip label={value.toLocaleString("en-US")}>{shown}</Tooltip>;
}
