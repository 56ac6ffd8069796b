import { NumberInput } from "@mantine/core";
import { useState } from "react";

interface Props {
  label: string;
  value: number;
  min?: number;
  /** Stores the value; if the promise fails, the old value returns. */
  onSave: (value: number) => Promise<unknown>;
}

/** An editable number in a table. Leaving it or pressing Enter stores it; Escape restores the old value. */
export function InlineNumber({ label, value, min, onSave }: Props) {
  const [typed, setTyped] = useState<number | string>(value);
  const [shown, setShown] = useState(value);
  const [saving, setSaving] = useState(false);
  // the list was reloaded
  if (value !== shown) {
    setShown(value);
    setTyped(value);
  }
  const save = async () => {
    if (saving) return;
    if (typeof typed !== "number" || typed === value) {
      setTyped(value);
      return;
    }
    setSaving(true);
    try {
      await onSave(typed);
    } catch {
      // the mutation cache has shown the error
      setTyped(value);
    } finally {
      setSaving(false);
    }
  };
  return (
    <NumberInput
      aria-label={label}
      size="xs"
      w={72}
      ml="auto"
      hideControls
      allowDecimal={false}
      {...(min === undefined ? {} : { min, allowNegative: min < 0 })}
      max={2 ** 31 - 1}
      value={typed}
      readOnly={saving}
      onChange={setTyped}
      onBlur={() => void save()}
      onKeyDown={(event) => {
        if (event.key === "Enter") void save();
        if (event.key === "Escape") setTyped(value);
      }}
      styles={{ input: { textAlign: "right", fontVariantNumeric: "tabular-nums" } }}
    />
  );
}
