import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { LinkButton } from "@/components/LinkButton";
import { useListParams } from "@/components/list/useListParams";
import { PageHeader } from "@/components/PageHeader";
import { BatchProgress } from "./bulk/BatchProgress";
import { RunProgress } from "./bulk/RunProgress";
import { testSome, useRun } from "./bulk/runs";
import { SelectionBar } from "./bulk/SelectionBar";
import { type BatchChange, useBatch } from "./bulk/useBatch";
import { WholeListMenu } from "./bulk/WholeListMenu";
import { SavedNotice } from "./form/SavedNotice";
import { ChannelFilters } from "./list/ChannelFilters";
import { ChannelsTable } from "./list/ChannelsTable";
import { useChannelTexts } from "./texts";

const FILTERS = { keyword: "", type: "", group: "", status: "", model: "", order: "" };
const NOBODY: ReadonlySet<number> = new Set();

export default function ChannelsPage() {
  const say = useChannelTexts();
  const list = useListParams(FILTERS);
  const tests = useRun("test");
  const balances = useRun("balance");
  const batch = useBatch();
  const [selected, setSelected] = useState(NOBODY);

  const apply = async (change: BatchChange) => {
    const failed = await batch.start(change, [...selected]);
    // deselect deleted channels; keep the others for the next change
    if (change.action === "delete") setSelected(new Set(failed));
  };
  return (
    <>
      <PageHeader title={say("title")}>
        <WholeListMenu tests={tests} balances={balances} />
        <LinkButton to="/channel/add" leftSection={<IconPlus size={16} />}>
          {say("add")}
        </LinkButton>
      </PageHeader>
      <SavedNotice tests={tests} />
      <ChannelFilters list={list} />
      <RunProgress kind="test" run={tests} />
      <RunProgress kind="balance" run={balances} />
      <BatchProgress batch={batch} />
      {selected.size > 0 && (
        <SelectionBar
          count={selected.size}
          busy={batch.isPending}
          onChange={(change) => void apply(change)}
          onTest={() => tests.begin(testSome([...selected]))}
          onClear={() => setSelected(NOBODY)}
        />
      )}
      <ChannelsTable list={list} selected={selected} onSelect={setSelected} />
    </>
  );
}
