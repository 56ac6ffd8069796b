import { ColorSwatch, Group, Table, Text, UnstyledButton, useMantineTheme } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Quota } from "@/components/Quota";
import { useDashboardTexts } from "../texts";
import { colourOf } from "./colours";
import { Median } from "./Median";
import { medianTime } from "./medianTime";
import { percent } from "./UsageTiles";
import { type ModelUsage, measured } from "./usage";

type Key = "model" | "requests" | "money" | "tokens" | "success" | "latency";

interface Column {
  key: Key;
  compare: (a: ModelUsage, b: ModelUsage) => number;
  render: (use: ModelUsage) => ReactNode;
}

const byNumber = (of: (use: ModelUsage) => number) => (a: ModelUsage, b: ModelUsage) => of(a) - of(b);

const COLUMNS: Column[] = [
  { key: "model", compare: (a, b) => a.model.localeCompare(b.model), render: () => null },
  {
    key: "requests",
    compare: byNumber((use) => use.requests),
    render: (use) => use.requests.toLocaleString("en-US"),
  },
  { key: "money", compare: byNumber((use) => use.quota), render: (use) => <Quota value={use.quota} /> },
  {
    key: "tokens",
    compare: byNumber((use) => measured(use, "tokens")),
    render: (use) => measured(use, "tokens").toLocaleString("en-US"),
  },
  {
    key: "success",
    compare: byNumber((use) => use.delivered / use.requests),
    render: (use) => percent(use.delivered, use.requests),
  },
  {
    key: "latency",
    compare: byNumber((use) => medianTime(use.times, use.requests) ?? 0),
    render: (use) => <Median of={use} />,
  },
];

interface Props {
  /** The largest first, as in the chart. */
  models: ModelUsage[];
  /** A column key; a leading minus sorts in descending order. */
  sort: string;
  onSort: (sort: string) => void;
}

/** The figures of each model, as an accessible form of the chart. */
export function ModelTable({ models, sort, onSort }: Props) {
  const say = useDashboardTexts();
  const down = sort.startsWith("-");
  const sorted = COLUMNS.find(({ key }) => key === sort.replace("-", ""));
  const placed = models.map((use, place) => ({ use, colour: colourOf(place) }));
  if (sorted) placed.sort((a, b) => sorted.compare(a.use, b.use) * (down ? -1 : 1));
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table aria-label={say("byModel")} style={{ fontVariantNumeric: "tabular-nums" }}>
        <Table.Thead>
          <Table.Tr>
            {COLUMNS.map(({ key }) => {
              const here = sorted?.key === key;
              return (
                <Table.Th
                  key={key}
                  ta={key === "model" ? "left" : "right"}
                  aria-sort={here ? (down ? "descending" : "ascending") : "none"}
                >
                  <UnstyledButton fw={700} fz="sm" onClick={() => onSort(here && down ? key : `-${key}`)}>
                    {say(key)}
                    {here && <Arrow down={down} />}
                  </UnstyledButton>
                </Table.Th>
              );
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {placed.map(({ use, colour }) => (
            <Table.Tr key={use.model}>
              <Table.Th scope="row" fw={400}>
                <ModelName model={use.model || say("noModel")} colour={colour} />
              </Table.Th>
              {COLUMNS.slice(1).map(({ key, render }) => (
                <Table.Td key={key} ta="right">
                  {render(use)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Arrow({ down }: { down: boolean }) {
  const Icon = down ? IconArrowDown : IconArrowUp;
  return <Icon size={14} aria-hidden style={{ verticalAlign: "middle", marginInlineStart: 4 }} />;
}

function ModelName({ model, colour }: { model: string; colour: string }) {
  const [name = "gray", shade = "5"] = colour.split(".");
  const { colors } = useMantineTheme();
  return (
    <Group gap="xs" wrap="nowrap">
      <ColorSwatch size={10} color={colors[name]?.[Number(shade)] ?? name} withShadow={false} aria-hidden />
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {model}
      </Text>
    </Group>
  );
}
