import { Paper, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useMe } from "@/app/queries";
import { Quota } from "@/components/Quota";
import { useDashboardTexts } from "../texts";
import { Median } from "./Median";
import { type DailyUse, sumUp } from "./use";

const whole = (count: number) => count.toLocaleString("en-US");

/** What all of `rows` come to, and one's own quota. */
export function UseTiles({ rows }: { rows: DailyUse[] }) {
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

/** Rounded down: what is not all must not look like all. */
export function percent(part: number, all: number): string {
  return all === 0 ? "–" : `${(Math.floor((part / all) * 1000) / 10).toFixed(1)}%`;
}
