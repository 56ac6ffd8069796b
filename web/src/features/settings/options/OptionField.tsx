import { NumberInput, PasswordInput, Radio, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import { QuotaInput } from "@/components/form/QuotaInput";
import { fromCommas, toCommas } from "@/format/lists";
import { useOptionTexts, useSettingsTexts } from "../texts";
import type { Field } from "./fields";
import { LongTextField } from "./LongTextField";
import { ThemeField } from "./ThemeField";

interface Props {
  field: Field;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
}

/** The control for editing an option of this kind. */
export function OptionField({ field, value, error, onChange }: Props) {
  const say = useSettingsTexts();
  const { label, help, choices = {} } = useOptionTexts()[field.key];
  const common = { label, description: help, error, maw: 560 };
  switch (field.kind) {
    case "switch":
      return (
        <Switch
          {...common}
          checked={value === "true"}
          onChange={(event) => onChange(String(event.currentTarget.checked))}
        />
      );
    case "quota":
      return (
        <QuotaInput {...common} value={Number(value) || 0} onChange={(quota) => onChange(String(quota))} />
      );
    case "whole":
    case "number":
      return (
        <NumberInput
          {...common}
          value={value}
          onChange={(typed) => onChange(String(typed))}
          allowDecimal={field.kind === "number"}
          allowNegative={false}
          suffix={field.unit ? ` ${say(field.unit)}` : ""}
        />
      );
    case "secret":
      return (
        <PasswordInput
          {...common}
          autoComplete="new-password"
          placeholder={say("keepSecret")}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "list":
      return (
        <TagsInput
          {...common}
          splitChars={[",", " ", "，"]}
          value={fromCommas(value)}
          onChange={(entries) => onChange(toCommas(entries))}
        />
      );
    case "choice":
      return (
        <Radio.Group {...common} value={value} onChange={onChange}>
          <Stack gap="sm" mt="sm">
            {field.choices?.map((choice) => (
              <Radio
                key={choice}
                value={choice}
                label={choices[choice]?.label ?? choice}
                description={choices[choice]?.help}
              />
            ))}
          </Stack>
        </Radio.Group>
      );
    case "theme":
      return (
        <ThemeField
          {...common}
          names={field.choices ?? []}
          texts={choices}
          value={value}
          onChange={onChange}
        />
      );
    case "longText":
    case "html":
      return (
        <LongTextField {...common} markdown={field.kind === "longText"} value={value} onChange={onChange} />
      );
    default:
      return (
        <TextInput
          {...common}
          type={field.kind === "address" ? "url" : "text"}
          placeholder={field.kind === "address" ? "https://" : ""}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value.trimStart())}
        />
      );
  }
}
