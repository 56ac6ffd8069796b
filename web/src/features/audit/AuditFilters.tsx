import { Group, Select } from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { dateLocale } from "@/format/dateLocale";
import "@mantine/dates/styles.css";
import dayjs from "dayjs";
import { SearchInput } from "@/components/list/SearchInput";
import type { ListParams } from "@/components/list/useListParams";
import type { Filters } from "./AuditPage";
import { useAuditTexts } from "./texts";

/** All actions that the server records. */
const ACTIONS = [
  "user.create",
  "user.update",
  "user.enable",
  "user.disable",
  "user.promote",
  "user.demote",
  "user.delete",
  "user.topup",
  "redemption.create",
  "redemption.update",
  "redemption.delete",
  "channel.create",
  "channel.copy",
  "channel.update",
  "channel.delete",
  "channel.delete_disabled",
  "option.update",
  "log.delete",
];

export function AuditFilters({ list }: { list: ListParams<Filters> }) {
  const say = useAuditTexts();
  const { filters, setFilters } = list;
  return (
    <Group mb="md" gap="sm">
      <SearchInput
        value={filters.username}
        onSearch={(username) => setFilters({ username })}
        label={say("userFilter")}
      />
      <SearchInput
        value={filters.target}
        onSearch={(target) => setFilters({ target })}
        label={say("targetFilter")}
      />
      <Select
        aria-label={say("action")}
        placeholder={say("anyAction")}
        clearable
        searchable
        // the URL may name an action that this list does not know
        data={[...new Set([...ACTIONS, ...(filters.action ? [filters.action] : [])])]}
        value={filters.action || null}
        onChange={(action) => setFilters({ action: action ?? "" })}
      />
      <TimeFilter label={say("from")} value={filters.from} onChange={(from) => setFilters({ from })} />
      <TimeFilter label={say("until")} value={filters.until} onChange={(until) => setFilters({ until })} />
    </Group>
  );
}

interface TimeProps {
  label: string;
  /** In unix seconds; empty: any. */
  value: string;
  onChange: (seconds: string) => void;
}

function TimeFilter({ label, value, onChange }: TimeProps) {
  return (
    <DateTimePicker
      locale={dateLocale()}
      aria-label={label}
      placeholder={label}
      valueFormat="YYYY-MM-DD HH:mm"
      clearable
      w={{ base: "100%", xs: 190 }}
      value={Number(value) > 0 ? dayjs.unix(Number(value)).format("YYYY-MM-DD HH:mm:ss") : null}
      onChange={(moment) => onChange(moment ? String(dayjs(moment).unix()) : "")}
    />
  );
}
