import { Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useStatus } from "@/app/queries";
import { dollarsPerMillion, formatDollars, ratioOf } from "./dollars";
import { isRatio, type RatioRow } from "./ratios";
import { usePriceTexts } from "./texts";
import type { RatioDrafts, RatioKey } from "./useRatioDrafts";

/** The titles of the columns beside a ratio. */
export function previewTitles(table: RatioKey): ("inputPrice" | "outputPrice" | "share")[] {
  if (table === "ModelRatio") return ["inputPrice", "outputPrice"];
  return table === "CompletionRatio" ? ["outputPrice"] : ["share"];
}

interface Props {
  table: RatioKey;
  row: RatioRow;
  drafts: RatioDrafts["drafts"];
}

/** What a ratio means in money, updated while it is edited. */
export function Preview({ table, row, drafts }: Props) {
  const say = usePriceTexts();
  const { quota_per_unit } = useStatus();
  const price = (ratio: number) => formatDollars(dollarsPerMillion(ratio, quota_per_unit));
  const ratio = row.now !== undefined && isRatio(row.now) ? Number(row.now) : undefined;
  if (ratio === undefined) return previewTitles(table).map((title) => <Cell key={title} />);
  if (table === "GroupRatio") return <Cell>{`${(ratio * 100).toLocaleString("en-US")}%`}</Cell>;
  if (table === "CompletionRatio") {
    const input = ratioOf(row.name, drafts.ModelRatio.now);
    return (
      <Cell faint={input === undefined}>{input === undefined ? say("noPrice") : price(input * ratio)}</Cell>
    );
  }
  const output = ratioOf(row.name, drafts.CompletionRatio.now);
  return (
    <>
      <Cell>{price(ratio)}</Cell>
      <Cell faint={output === undefined}>
        {output === undefined ? say("builtIn") : price(ratio * output)}
      </Cell>
    </>
  );
}

function Cell({ children, faint = false }: { children?: ReactNode; faint?: boolean }) {
  return (
    <Table.Td ta="right">
      <Text size="sm" span {...(faint ? { c: "dimmed" } : {})} style={{ fontVariantNumeric: "tabular-nums" }}>
        {children}
      </Text>
    </Table.Td>
  );
}
