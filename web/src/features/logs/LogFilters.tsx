import { Group, Select } from "@mantine/core";
import { DatePickerInput } from "@mantine/dates";
import { dateLocale } from "@/format/dateLocale";
import "@mantine/dates/styles.css";
import { SearchInput } from "@/components/list/SearchInput";
import type { Filters } from "./filters";
import { PERIODS, periodNamed } from "./period";
import { useLogTexts } from "./texts";

const TYPES = ["1", "2", "3", "4", "5"] as const;

interface Props {
  filters: Filters;
  onChange: (changed: Partial<Filters>) => void;
  everybody: boolean;
}

/** Filters of the log; names must match exactly. */
export function LogFilters({ filters, onChange, everybody }: Props) {
  const say = useLogTexts();
  const period = periodNamed(filters.period);
  return (
    <Group gap="xs" mb="md">
      <Select
        aria-label={say("period")}
        w={{ base: "100%", xs: 160 }}
        allowDeselect={false}
        value={period}
        onChange={(chosen) => onChange({ period: chosen ?? "7d", from: "", to: "" })}
        data={PERIODS.map((value) => ({ value, label: say(value) }))}
      />
      {period === "custom" && (
        <DatePickerInput
          locale={dateLocale()}
          type="range"
          aria-label={say("days")}
          placeholder={say("days")}
          w={{ base: "100%", xs: 260 }}
          valueFormat="YYYY-MM-DD"
          clearable
          allowSingleDateInRange
          value={[filters.from || null, filters.to || null]}
          onChange={([from, to]) => onChange({ from: from ?? "", to: to ?? "" })}
        />
      )}
      <Select
        aria-label={say("type")}
        w={{ base: "100%", xs: 140 }}
        allowDeselect={false}
        value={filters.type}
        onChange={(type) => onChange({ type: type ?? "" })}
        data={[
          { value: "", label: say("anyType") },
          ...TYPES.map((value) => ({ value, label: say(`type${value}`) })),
        ]}
      />
      <SearchInput value={filters.token} label={say("byToken")} onSearch={(token) => onChange({ token })} />
      <SearchInput value={filters.model} label={say("byModel")} onSearch={(model) => onChange({ model })} />
      {everybody && (
        <>
          <SearchInput value={filters.user} label={say("byUser")} onSearch={(user) => onChange({ user })} />
          <SearchInput
            value={filters.channel}
            label={say("byChannel")}
            onSearch={(channel) => onChange({ channel })}
          />
        </>
      )}
    </Group>
  );
}
