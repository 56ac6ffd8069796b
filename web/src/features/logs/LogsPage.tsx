import { Button, SegmentedControl } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useMe } from "@/app/queries";
import { isAdmin, isRoot } from "@/app/roles";
import { useListParams } from "@/components/list/useListParams";
import { PageHeader } from "@/components/PageHeader";
import { Consumption } from "./Consumption";
import { DeleteOld } from "./DeleteOld";
import { exportAddress, FILTERS } from "./filters";
import { LogFilters } from "./LogFilters";
import { LogsTable } from "./LogsTable";
import { useLogTexts } from "./texts";

const EVERY = 10_000;

export default function LogsPage() {
  const say = useLogTexts();
  const me = useMe();
  const list = useListParams(FILTERS);
  const [live, setLive] = useState(false);
  const everybody = isAdmin(me) && list.filters.of === "all";
  const asked = { everybody, filters: list.filters, every: live && EVERY } as const;
  return (
    <>
      <PageHeader title={say("title")}>
        {isAdmin(me) && (
          <SegmentedControl
            aria-label={say("whose")}
            value={everybody ? "all" : "me"}
            onChange={(of) => list.setFilters({ of, user: "", channel: "" })}
            data={[
              { value: "all", label: say("everybody") },
              { value: "me", label: say("mine") },
            ]}
          />
        )}
        <Button
          component="a"
          href={exportAddress(list.filters, everybody, Math.floor(Date.now() / 1000))}
          variant="default"
          leftSection={<IconDownload size={16} />}
        >
          {say("export")}
        </Button>
        {isRoot(me) && <DeleteOld />}
      </PageHeader>
      <LogFilters filters={list.filters} onChange={list.setFilters} everybody={everybody} />
      <Consumption asked={asked} live={live} onLive={setLive} />
      <LogsTable asked={asked} list={list} />
    </>
  );
}
