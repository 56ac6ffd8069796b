import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { type Column, DataTable } from "@/components/list/DataTable";
import type { ListParams } from "@/components/list/useListParams";
import { Quota } from "@/components/Quota";
import { formatTime } from "@/format/time";
import { Detail, Kind, Outcome, Took } from "./cells";
import type { Filters } from "./filters";
import { COUNTED, type LogRow, useLogs } from "./queries";
import { type LogText, useLogTexts } from "./texts";

interface Props {
  asked: Pick<Parameters<typeof useLogs>[0], "everybody" | "filters" | "every">;
  list: ListParams<Filters>;
}

export function LogsTable({ asked, list }: Props) {
  const say = useLogTexts();
  const query = useLogs({ ...asked, page: list.page, size: list.size });
  return (
    <DataTable
      label={say("title")}
      columns={columns(say, asked.everybody)}
      query={query}
      rowId={(row) => row.id}
      list={list}
      countedUpTo={COUNTED}
      empty={<EmptyState title={say("none")} hint={say("noneHint")} />}
    />
  );
}

function columns(say: LogText, everybody: boolean): Column<LogRow>[] {
  const time: Column<LogRow> = {
    key: "time",
    title: say("time"),
    render: (row) => (
      <Text size="sm" style={{ whiteSpace: "nowrap" }}>
        {formatTime(row.created_at)}
      </Text>
    ),
  };
  const channel: Column<LogRow> = {
    key: "channel",
    title: say("channel"),
    render: (row) =>
      row.channel > 0 && (
        <Anchor component={Link} to={`/channel/edit/${row.channel}`} size="sm">
          {row.channel}
        </Anchor>
      ),
  };
  const name = (key: "model" | "user" | "token", of: (row: LogRow) => string): Column<LogRow> => ({
    key,
    title: say(key),
    render: (row) => (
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {of(row)}
      </Text>
    ),
  });
  const count = (key: "prompt" | "completion", of: (row: LogRow) => number): Column<LogRow> => ({
    key,
    title: say(key),
    align: "right",
    render: (row) => of(row) > 0 && of(row).toLocaleString("en-US"),
  });
  return [
    time,
    ...(everybody ? [channel] : []),
    { key: "type", title: say("type"), render: (row) => <Kind row={row} /> },
    name("model", (row) => row.model_name),
    ...(everybody ? [name("user", (row) => row.username)] : []),
    name("token", (row) => row.token_name),
    count("prompt", (row) => row.prompt_tokens),
    count("completion", (row) => row.completion_tokens),
    {
      key: "quota",
      title: say("quota"),
      align: "right",
      render: (row) => row.quota !== 0 && <Quota value={row.quota} digits={4} />,
    },
    { key: "took", title: say("took"), align: "right", render: (row) => <Took row={row} /> },
    { key: "end", title: say("end"), render: (row) => <Outcome row={row} linked={everybody} /> },
    { key: "detail", title: say("detail"), render: (row) => <Detail row={row} /> },
  ];
}
