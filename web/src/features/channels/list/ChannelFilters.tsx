import { Group, Select } from "@mantine/core";
import { SearchInput } from "@/components/list/SearchInput";
import type { ListParams } from "@/components/list/useListParams";
import { useLanguage } from "@/i18n";
import { type Filters, STATUS, useChannelTypes, useGroups } from "../queries";
import { useChannelTexts } from "../texts";

/** Filters and sorting of the list of channels. */
export function ChannelFilters({ list }: { list: ListParams<Filters & Record<string, string>> }) {
  const say = useChannelTexts();
  const language = useLanguage();
  const types = useChannelTypes().data ?? [];
  const groups = useGroups().data ?? [];
  const { filters, setFilters } = list;
  const statuses = [
    { value: String(STATUS.enabled), label: say("enabled") },
    { value: String(STATUS.disabledByHand), label: say("disabledByHand") },
    { value: String(STATUS.disabledAutomatically), label: say("disabledAutomatically") },
  ];
  const orders = [
    { value: "", label: say("newest") },
    { value: "id", label: say("oldest") },
    { value: "name", label: say("byName") },
    { value: "-priority", label: say("byPriority") },
    { value: "-response_time", label: say("bySpeed") },
    { value: "balance", label: say("byBalance") },
    { value: "-used_quota", label: say("byUse") },
    { value: "test_time", label: say("byTest") },
  ];
  return (
    <Group gap="xs" mb="md">
      <SearchInput
        value={filters.keyword}
        onSearch={(keyword) => setFilters({ keyword })}
        label={say("search")}
      />
      <SearchInput value={filters.model} onSearch={(model) => setFilters({ model })} label={say("model")} />
      <Select
        searchable
        clearable
        w={{ base: "100%", xs: 180 }}
        aria-label={say("type")}
        placeholder={say("allTypes")}
        data={types.map(({ type, label }) => ({ value: String(type), label: label[language] }))}
        value={filters.type || null}
        onChange={(type) => setFilters({ type: type ?? "" })}
      />
      <Select
        clearable
        w={{ base: "48%", xs: 140 }}
        aria-label={say("group")}
        placeholder={say("allGroups")}
        data={groups}
        value={filters.group || null}
        onChange={(group) => setFilters({ group: group ?? "" })}
      />
      <Select
        clearable
        w={{ base: "48%", xs: 140 }}
        aria-label={say("status")}
        placeholder={say("allStatuses")}
        data={statuses}
        value={filters.status || null}
        onChange={(status) => setFilters({ status: status ?? "" })}
      />
      <Select
        w={{ base: "100%", xs: 170 }}
        aria-label={say("order")}
        data={orders}
        value={filters.order}
        allowDeselect={false}
        onChange={(order) => setFilters({ order: order ?? "" })}
      />
    </Group>
  );
}
