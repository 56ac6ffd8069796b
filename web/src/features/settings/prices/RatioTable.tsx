import { ActionIcon, Badge, Group, Pagination, Stack, Table, Text, TextInput, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconTrash } from "@tabler/icons-react";
import { EmptyState } from "@/components/EmptyState";
import type { ListParams } from "@/components/list/useListParams";
import { useOptionTexts } from "../texts";
import { Preview, previewTitles } from "./Preview";
import type { RatioFilters } from "./RatioTools";
import { isChanged, isRatio, type RatioRow, type Ratios } from "./ratios";
import { usePriceTexts } from "./texts";
import type { RatioDraft, RatioDrafts } from "./useRatioDrafts";

const ROWS = 50;

interface Props {
  draft: RatioDraft;
  drafts: RatioDrafts["drafts"];
  onChange: (ratios: Ratios) => void;
  list: Pick<ListParams<RatioFilters>, "page" | "setPage" | "filters">;
}

/** One table of ratios with paging; changes are marked and can be undone. */
export function RatioTable({ draft, drafts, onChange, list }: Props) {
  const say = usePriceTexts();
  const texts = useOptionTexts();
  const keyword = list.filters.keyword.toLowerCase();
  const candidates = list.filters.changed === "yes" ? draft.changed : draft.rows;
  const found = candidates.filter(({ name }) => name.toLowerCase().includes(keyword));
  if (draft.rows.length === 0) return <EmptyState title={say("none")} hint={say("noneHint")} />;
  if (found.length === 0) return <EmptyState title={say("noMatch")} hint={say("noMatchHint")} />;
  const pages = Math.ceil(found.length / ROWS);
  const page = Math.min(list.page, pages - 1);
  const shown = found.slice(page * ROWS, (page + 1) * ROWS);
  const set = (name: string, ratio: string | undefined) => {
    const next = new Map(draft.now);
    if (ratio === undefined) next.delete(name);
    else next.set(name, ratio);
    onChange(next);
  };
  return (
    <Stack gap="sm">
      <Table.ScrollContainer minWidth={560}>
        <Table aria-label={texts[draft.key].label} verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("name")}</Table.Th>
              <Table.Th w={180}>{say("ratio")}</Table.Th>
              {previewTitles(draft.key).map((title) => (
                <Table.Th key={title} ta="right">
                  {say(title)}
                </Table.Th>
              ))}
              <Table.Th w={48} />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((row) => (
              <Table.Tr
                key={row.name}
                {...(isChanged(row) ? { bg: "var(--mantine-color-yellow-light)" } : {})}
              >
                <Table.Td style={{ overflowWrap: "anywhere" }}>
                  <Name row={row} />
                </Table.Td>
                <Table.Td>
                  <RatioInput row={row} onChange={(ratio) => set(row.name, ratio)} />
                </Table.Td>
                <Preview table={draft.key} row={row} drafts={drafts} />
                <Table.Td>
                  <Undo row={row} onChange={(ratio) => set(row.name, ratio)} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group justify="space-between" gap="sm">
        <Text size="sm" c="dimmed" aria-live="polite">
          {say("showing", { from: page * ROWS + 1, to: page * ROWS + shown.length, total: found.length })}
        </Text>
        {pages > 1 && (
          <Pagination
            size="sm"
            total={pages}
            value={page + 1}
            onChange={(next) => list.setPage(next - 1)}
            getControlProps={(control) => ({
              "aria-label": say(control === "previous" ? "previousPage" : "nextPage"),
            })}
            getItemProps={(number) => ({ "aria-label": `${say("page")} ${number}` })}
          />
        )}
      </Group>
    </Stack>
  );
}

function Name({ row }: { row: RatioRow }) {
  const say = usePriceTexts();
  if (row.now === undefined) {
    return (
      <Text size="sm" td="line-through" c="dimmed">
        {row.name}
      </Text>
    );
  }
  return (
    <Group gap="xs">
      <Text size="sm">{row.name}</Text>
      {row.before === undefined && (
        <Badge size="xs" variant="light">
          {say("new")}
        </Badge>
      )}
    </Group>
  );
}

interface EditProps {
  row: RatioRow;
  onChange: (ratio: string | undefined) => void;
}

function RatioInput({ row, onChange }: EditProps) {
  const say = usePriceTexts();
  if (row.now === undefined) {
    return (
      <Text size="sm" c="dimmed">
        {say("removed")} · {say("was", { ratio: row.before ?? "" })}
      </Text>
    );
  }
  const changed = isChanged(row) && row.before !== undefined;
  return (
    <TextInput
      size="xs"
      inputMode="decimal"
      aria-label={say("ratioOf", { name: row.name })}
      value={row.now}
      onChange={(event) => onChange(event.currentTarget.value.trim())}
      error={isRatio(row.now) ? null : say("badRatio")}
      description={changed ? say("was", { ratio: row.before ?? "" }) : null}
      inputWrapperOrder={["input", "description", "error"]}
      styles={{ input: { textAlign: "right", fontVariantNumeric: "tabular-nums" } }}
    />
  );
}

/** Removes a row, or undoes its change. */
function Undo({ row, onChange }: EditProps) {
  const say = usePriceTexts();
  const back = isChanged(row) && row.before !== undefined;
  const text = say(back ? "restore" : "remove", { name: row.name });
  return (
    <Tooltip label={text}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={text}
        onClick={() => onChange(back ? row.before : undefined)}
      >
        {back ? <IconArrowBackUp size={16} /> : <IconTrash size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
