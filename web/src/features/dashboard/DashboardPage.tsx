import { SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { useMe } from "@/app/queries";
import { isAdmin } from "@/app/roles";
import { ErrorState } from "@/components/ErrorState";
import { type ListParams, useListParams } from "@/components/list/useListParams";
import { PageHeader } from "@/components/PageHeader";
import { Notice } from "@/features/home/Notice";
import { FirstSteps } from "./FirstSteps";
import { useDailyUse } from "./queries";
import { TroubledChannels } from "./TroubledChannels";
import { useDashboardTexts } from "./texts";
import { UsageReport } from "./usage/UsageReport";
import { UsageTiles } from "./usage/UsageTiles";

const FILTERS = { of: "me", days: "7", show: "requests", sort: "-money" };
export type DashboardParams = ListParams<typeof FILTERS>;

export default function DashboardPage() {
  const say = useDashboardTexts();
  const me = useMe();
  const params = useListParams(FILTERS);
  const everybody = isAdmin(me) && params.filters.of === "all";
  const days = params.filters.days === "30" ? 30 : 7;
  const query = useDailyUse({ everybody, days });
  return (
    <>
      <PageHeader title={say("title")}>
        {isAdmin(me) && (
          <SegmentedControl
            aria-label={say("whose")}
            value={everybody ? "all" : "me"}
            onChange={(of) => params.setFilters({ of })}
            data={[
              { value: "me", label: say("mine") },
              { value: "all", label: say("everybodys") },
            ]}
          />
        )}
        <SegmentedControl
          aria-label={say("period")}
          value={String(days)}
          onChange={(chosen) => params.setFilters({ days: chosen })}
          data={["7", "30"].map((value) => ({ value, label: say("days", { days: value }) }))}
        />
      </PageHeader>
      <Stack gap="lg">
        <Notice />
        {query.isPending && <Skeleton h={220} aria-busy />}
        {query.isError && !query.data && (
          <ErrorState error={query.error} retry={() => void query.refetch()} />
        )}
        {query.data?.length === 0 &&
          (me.request_count === 0 ? <FirstSteps /> : <Text c="dimmed">{say("idle")}</Text>)}
        {query.data && <UsageTiles rows={query.data} />}
        {isAdmin(me) && <TroubledChannels />}
        {query.data && query.data.length > 0 && <UsageReport rows={query.data} days={days} params={params} />}
      </Stack>
    </>
  );
}
