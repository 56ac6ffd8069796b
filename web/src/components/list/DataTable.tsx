import {
  Box,
  Card,
  Checkbox,
  Group,
  LoadingOverlay,
  Pagination,
  Select,
  Skeleton,
  Stack,
  Table,
  Text,
} from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Page } from "@/api/client";
import { EmptyState } from "../EmptyState";
import { ErrorState } from "../ErrorState";
import { useComponentTexts } from "../texts";
import { type ListParams, PAGE_SIZES } from "./useListParams";

export interface Column<R> {
  key: string;
  title: string;
  render: (row: R) => ReactNode;
  /** Right-aligned, for numbers. */
  align?: "right";
  width?: number | string;
  /** Hidden in the cards that phones show. */
  notOnPhones?: boolean;
}

interface Selection {
  ids: ReadonlySet<number>;
  onChange: (ids: ReadonlySet<number>) => void;
}

interface Props<R> {
  /** The table's accessible name. */
  label: string;
  columns: Column<R>[];
  query: UseQueryResult<Page<R>>;
  rowId: (row: R) => number;
  /** A row's accessible name. */
  rowName?: (row: R) => string;
  /** Shown when the list is empty: what to do next. */
  empty: ReactNode;
  list: Pick<ListParams<Record<string, string>>, "page" | "size" | "filtered" | "setPage" | "setSize">;
  selection?: Selection;
  /** Rows are counted up to this number. */
  countedUpTo?: number;
}

/** The console's list: a table, or cards on phones; with paging, selection, and empty and error states. */
export function DataTable<R>(props: Props<R>) {
  const say = useComponentTexts();
  const narrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const { query, list } = props;
  if (query.isPending) return <Skeletons />;
  if (query.data === undefined) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  const { rows, total } = query.data;
  if (rows.length === 0 && list.page === 0) {
    if (!list.filtered) return props.empty;
    return <EmptyState title={say("noMatch")} hint={say("noMatchHint")} />;
  }
  return (
    <Stack gap="sm">
      <Box pos="relative">
        <LoadingOverlay
          visible={query.isPlaceholderData}
          overlayProps={{ blur: 0, backgroundOpacity: 0.4 }}
        />
        {narrow ? <Cards {...props} rows={rows} /> : <Rows {...props} rows={rows} />}
      </Box>
      <Pages list={list} total={total} shown={rows.length} countedUpTo={props.countedUpTo} />
    </Stack>
  );
}

function Rows<R>({ label, columns, rows, rowId, rowName, selection }: Props<R> & { rows: R[] }) {
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table highlightOnHover aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {selection && (
              <Table.Th w={40}>
                <SelectAll ids={rows.map(rowId)} selection={selection} />
              </Table.Th>
            )}
            {columns.map((column) => (
              <Table.Th key={column.key} ta={column.align ?? "left"} w={column.width ?? "auto"}>
                {column.title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowId(row)}>
              {selection && (
                <Table.Td>
                  <SelectOne
                    id={rowId(row)}
                    name={rowName?.(row) ?? String(rowId(row))}
                    selection={selection}
                  />
                </Table.Td>
              )}
              {columns.map((column) => (
                <Table.Td key={column.key} ta={column.align ?? "left"}>
                  {column.render(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Cards<R>({ label, columns, rows, rowId, rowName, selection }: Props<R> & { rows: R[] }) {
  return (
    <Stack gap="xs" role="list" aria-label={label}>
      {rows.map((row) => (
        <Card key={rowId(row)} withBorder padding="sm" role="listitem">
          {selection && (
            <SelectOne id={rowId(row)} name={rowName?.(row) ?? String(rowId(row))} selection={selection} />
          )}
          {columns
            .filter((column) => !column.notOnPhones)
            .map((column) => (
              <Group key={column.key} justify="space-between" wrap="nowrap" gap="md" py={2}>
                <Text size="sm" c="dimmed" style={{ flexShrink: 0 }}>
                  {column.title}
                </Text>
                <Box ta="right" style={{ minWidth: 0, overflowWrap: "anywhere" }}>
                  {column.render(row)}
                </Box>
              </Group>
            ))}
        </Card>
      ))}
    </Stack>
  );
}

function SelectAll({ ids, selection }: { ids: number[]; selection: Selection }) {
  const say = useComponentTexts();
  const chosen = ids.filter((id) => selection.ids.has(id)).length;
  const toggle = () => {
    const next = new Set(selection.ids);
    for (const id of ids) chosen === ids.length ? next.delete(id) : next.add(id);
    selection.onChange(next);
  };
  return (
    <Checkbox
      aria-label={say("selectAll")}
      checked={chosen === ids.length}
      indeterminate={chosen > 0 && chosen < ids.length}
      onChange={toggle}
    />
  );
}

function SelectOne({ id, name, selection }: { id: number; name: string; selection: Selection }) {
  const say = useComponentTexts();
  const toggle = () => {
    const next = new Set(selection.ids);
    if (!next.delete(id)) next.add(id);
    selection.onChange(next);
  };
  return (
    <Checkbox aria-label={say("selectRow", { name })} checked={selection.ids.has(id)} onChange={toggle} />
  );
}

interface PagesProps {
  list: Props<unknown>["list"];
  total: number;
  shown: number;
  countedUpTo: number | undefined;
}

function Pages({ list, total, shown, countedUpTo }: PagesProps) {
  const say = useComponentTexts();
  const from = list.page * list.size + 1;
  const many = countedUpTo !== undefined && total >= countedUpTo;
  const numbers = { from, to: from + shown - 1, total };
  return (
    <Group justify="space-between" gap="sm">
      <Text size="sm" c="dimmed" aria-live="polite">
        {say(many ? "showingMany" : "showing", numbers)}
      </Text>
      <Group gap="sm">
        <Select
          size="xs"
          w={80}
          aria-label={say("rowsPerPage")}
          data={PAGE_SIZES.map(String)}
          value={String(list.size)}
          allowDeselect={false}
          onChange={(size) => list.setSize(Number(size))}
        />
        <Pagination
          size="sm"
          total={Math.max(1, Math.ceil(total / list.size))}
          value={list.page + 1}
          onChange={(page) => list.setPage(page - 1)}
          getControlProps={(control) => ({
            "aria-label": control === "previous" ? say("previousPage") : say("nextPage"),
          })}
          getItemProps={(page) => ({ "aria-label": `${say("pages")} ${page}` })}
        />
      </Group>
    </Group>
  );
}

function Skeletons() {
  return (
    <Stack gap="xs" aria-busy>
      {Array.from({ length: 6 }, (_, index) => (
        <Skeleton key={index} h={36} />
      ))}
    </Stack>
  );
}
