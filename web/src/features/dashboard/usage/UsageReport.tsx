import { Group, Paper, SegmentedControl, Skeleton, Stack, Text, Title } from "@mantine/core";
import { lazy, Suspense } from "react";
import type { DashboardParams } from "../DashboardPage";
import { useDashboardTexts } from "../texts";
import { colourOf } from "./colours";
import { ModelTable } from "./ModelTable";
import { BIGGEST, byModel, chartDays, type DailyUsage, lastDays, MEASURES } from "./usage";

const UsageChart = lazy(() => import("./UsageChart"));

interface Props {
  rows: DailyUsage[];
  days: number;
  params: DashboardParams;
}

/** The chart by day and model, and the same figures in a table by model. */
export function UsageReport({ rows, days, params }: Props) {
  const say = useDashboardTexts();
  const measure = MEASURES.find((name) => name === params.filters.show) ?? "requests";
  const models = byModel(rows);
  // rank, and therefore colour, is by cost, whatever the chart shows
  const biggest = models.slice(0, BIGGEST).map(({ model }) => model);
  const series = biggest.map((model, place) => ({
    name: `use${place}` as const,
    label: model || say("noModel"),
    color: colourOf(place),
  }));
  const others = { name: `use${biggest.length}` as const, label: say("others"), color: colourOf(BIGGEST) };
  return (
    <Stack gap="lg">
      <Paper withBorder p="md" component="section" aria-labelledby="chart">
        <Group justify="space-between" mb="md">
          <Title order={2} size="h4" id="chart">
            {say("chart")}
          </Title>
          <SegmentedControl
            aria-label={say("measure")}
            value={measure}
            onChange={(show) => params.setFilters({ show })}
            data={MEASURES.map((value) => ({ value, label: say(value) }))}
          />
        </Group>
        <Suspense fallback={<Skeleton h={320} />}>
          <UsageChart
            data={chartDays(rows, lastDays(days, Date.now()), biggest, measure)}
            series={models.length > BIGGEST ? [...series, others] : series}
            measure={measure}
          />
        </Suspense>
        <Text size="xs" c="dimmed" mt="xs">
          {say("chartHint")}
        </Text>
      </Paper>
      <section aria-labelledby="by-model">
        <Title order={2} size="h4" mb="xs" id="by-model">
          {say("byModel")}
        </Title>
        <ModelTable
          models={models}
          sort={params.filters.sort}
          onSort={(sort) => params.setFilters({ sort })}
        />
      </section>
    </Stack>
  );
}
