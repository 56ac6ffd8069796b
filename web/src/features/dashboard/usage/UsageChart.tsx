import { BarChart, ChartTooltip } from "@mantine/charts";
import "@mantine/charts/styles.css";
import { useCurrency } from "@/app/queries";
import { formatQuota } from "@/format/money";
import type { ChartDay, Measure } from "./usage";

interface Props {
  data: ChartDay[];
  series: { name: `use${number}`; label: string; color: string }[];
  measure: Measure;
}

const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** Stacked bars by day. Hidden from screen readers, because the table by model has the figures. */
export default function UsageChart({ data, series, measure }: Props) {
  const currency = useCurrency();
  const inMoney = measure === "money" && currency.inMoney;
  const exact = (value: number) =>
    measure === "money" ? formatQuota(value, currency) : value.toLocaleString("en-US");
  return (
    <BarChart
      aria-hidden
      h={{ base: 440, sm: 340 }}
      data={data}
      dataKey="day"
      type="stacked"
      series={series}
      withLegend
      legendProps={{ verticalAlign: "bottom" }}
      maxBarWidth={48}
      valueFormatter={exact}
      xAxisProps={{ tickFormatter: (day: string) => day.slice(5) }}
      yAxisProps={{
        width: 64,
        tickFormatter: (value: number) => (inMoney ? exact(value) : short.format(value)),
      }}
      tooltipProps={{
        content: ({ label, payload }) => (
          <ChartTooltip
            label={label}
            payload={[...(payload ?? [])].filter(({ value }) => Number(value) > 0)}
            series={series}
            valueFormatter={exact}
          />
        ),
      }}
    />
  );
}
