import { Code, Text } from "@mantine/core";
import { EmptyState } from "@/components/EmptyState";
import { type Column, DataTable } from "@/components/list/DataTable";
import type { ListParams } from "@/components/list/useListParams";
import { formatTime } from "@/format/time";
import type { Filters } from "./AuditPage";
import { ChangeCell } from "./ChangeCell";
import { type AuditEntry, useAudit } from "./queries";
import { useAuditTexts } from "./texts";

export function AuditTable({ list }: { list: ListParams<Filters> }) {
  const say = useAuditTexts();
  const { username, action, target, from, until } = list.filters;
  const query = useAudit({
    p: list.page,
    page_size: list.size,
    username,
    action,
    target,
    start_timestamp: Number(from) || 0,
    end_timestamp: Number(until) || 0,
  });
  const columns: Column<AuditEntry>[] = [
    {
      key: "time",
      title: say("time"),
      render: (entry) => (
        <Text size="sm" style={{ whiteSpace: "nowrap" }}>
          {formatTime(entry.created_at)}
        </Text>
      ),
    },
    { key: "who", title: say("who"), render: (entry) => entry.username },
    { key: "action", title: say("action"), render: (entry) => <Code>{entry.action}</Code> },
    { key: "target", title: say("target"), render: (entry) => entry.target },
    { key: "change", title: say("change"), width: "45%", render: (entry) => <ChangeCell entry={entry} /> },
  ];
  return (
    <DataTable
      label={say("title")}
      columns={columns}
      query={query}
      rowId={(entry) => entry.id}
      list={list}
      empty={<EmptyState title={say("none")} hint={say("noneHint")} />}
    />
  );
}
