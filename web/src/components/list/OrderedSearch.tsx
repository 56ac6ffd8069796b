import { Group, Select } from "@mantine/core";
import { SearchInput } from "./SearchInput";
import type { ListParams } from "./useListParams";

interface Props {
  list: ListParams<{ keyword: string; order: string }>;
  /** What can be searched for. */
  label: string;
  orderLabel: string;
  /** The first is the default. */
  orders: { value: string; label: string }[];
}

/** Search and sorting of a list. Search results come in the API's own order. */
export function OrderedSearch({ list, label, orderLabel, orders }: Props) {
  return (
    <Group mb="md" gap="sm">
      <SearchInput
        value={list.filters.keyword}
        onSearch={(keyword) => list.setFilters({ keyword })}
        label={label}
      />
      {list.filters.keyword === "" && (
        <Select
          aria-label={orderLabel}
          allowDeselect={false}
          data={orders}
          value={list.filters.order}
          onChange={(order) => list.setFilters({ order: order ?? "" })}
        />
      )}
    </Group>
  );
}
