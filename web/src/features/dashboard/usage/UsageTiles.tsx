import { Paper, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useMe } from "@/app/queries";
import { Quota } from "@/components/Quota";
import { useDashboardTexts } from "../texts";
import { Median } from "./Median";
import { type DailyUsage, sumUp } from "./usage";

const whole = (count: number) => count.toLocaleString("en-US");

/** The totals of `rows`, and one's own quota. */
export function UsageTiles({ rows }: { rows: DailyUsage[] }) {
  const say = useDashboardTexts();
  const me = useMe();
  const sum = sumUp(rows);
  const tokens = { prompt: whole(sum.prompt), completion: whole(sum.completion) };
  const broken = sum.requests - sum.delivered;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }} spacing="sm">
      <Tile name={say("requests")}>{whole(sum.requests)}</Tile>
      <Tile name={say("money")}>
        <Quota value={sum.quota} />
      </Tile>
      <Tile name={say("tokens")} hint={say("tokensHint", tokens)}>
        {whole(sum.prompt + sum.completion)}
      </Tile>
      <Tile name={say("success")} hint={broken > 0 && say("successHint", { count: whole(broken) })}>
        {percent(sum.delivered, sum.requests)}
      </Tile>
      <Tile name={say("latency")} hint={say("latencyHint")}>
        <Median of={sum} />
      </Tile>
      <Tile name={say("left")}>
        <Quota value={me.quota} />
      </Tile>
      <Tile name={say("used")}>
        <Quota value={me.used_quota} />
      </Tile>
    </SimpleGrid>
  );
}

function Tile({ name, hint, children }: { name: string; hint?: ReactNode; children: ReactNode }) {
  return (
    <Paper withBorder p="sm">
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text
        fz={{ base: "md", xs: "xl" }}
        fw={700}
        style={{ fontVariantNumeric: "tabular-nums", overflowWrap: "anywhere" }}
        component="div"
      >
        {children}
      </Text>
      {hint && (
        <Text size="xs" c="dimmed">
          {hint}
        </Text>
      )}
    </Paper>
  );
}

/** Rounded down, so that less than all never looks like 100%. */
export function percent(part: number, all: number): string {
  return all === 0 ? "–" : `${(Math.floor((part / all) * 1000) / 10).toFixed(1)}%`;
}
