import { NumberInput, type NumberInputProps } from "@mantine/core";
import { useCurrency } from "@/app/queries";
import { quotaFrom, typedFrom } from "@/format/money";

interface Props extends Omit<NumberInputProps, "value" | "onChange"> {
  /** In quota units. */
  value: number;
  onChange: (quota: number) => void;
}

/** A field for an amount of money; its value is whole quota units. */
export function QuotaInput({ value, onChange, ...props }: Props) {
  const currency = useCurrency();
  return (
    <NumberInput
      min={0}
      thousandSeparator=","
      decimalScale={currency.inMoney ? 6 : 0}
      {...(currency.inMoney ? { prefix: "$" } : {})}
      {...props}
      value={typedFrom(value, currency)}
      onChange={(typed) => onChange(quotaFrom(Number(typed) || 0, currency))}
    />
  );
}
