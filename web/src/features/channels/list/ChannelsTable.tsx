import { Box, Text } from "@mantine/core";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/LinkButton";
import { type Column, DataTable } from "@/components/list/DataTable";
import type { ListParams } from "@/components/list/useListParams";
import { Quota } from "@/components/Quota";
import { useLanguage } from "@/i18n";
import { type Channel, type Filters, useChannels, useChannelTypes, useUpdateChannel } from "../queries";
import { useChannelTexts } from "../texts";
import { Balance, Groups, ResponseTime, StatusBadge } from "./cells";
import { InlineNumber } from "./InlineNumber";
import { RowActions } from "./RowActions";

interface Props {
  list: ListParams<Filters & Record<string, string>>;
  selected: ReadonlySet<number>;
  onSelect: (ids: ReadonlySet<number>) => void;
}

export function ChannelsTable({ list, selected, onSelect }: Props) {
  const say = useChannelTexts();
  const query = useChannels(list.page, list.size, list.filters);
  const unselect = (id: number) => {
    const rest = new Set(selected);
    if (rest.delete(id)) onSelect(rest);
  };
  return (
    <DataTable
      label={say("title")}
      columns={useColumns(unselect)}
      query={query}
      rowId={(channel) => channel.id}
      rowName={(channel) => channel.name}
      list={list}
      selection={{ ids: selected, onChange: onSelect }}
      empty={
        <EmptyState
          title={say("none")}
          hint={say("noneHint")}
          action={<LinkButton to="/channel/add">{say("add")}</LinkButton>}
        />
      }
    />
  );
}

function useColumns(onDeleted: (id: number) => void): Column<Channel>[] {
  const say = useChannelTexts();
  const language = useLanguage();
  const types = useChannelTypes().data;
  const { mutateAsync: update } = useUpdateChannel();
  const typeOf = (channel: Channel) => types?.find(({ type }) => type === channel.type);
  return [
    { key: "id", title: say("id"), align: "right", width: 48, render: ({ id }) => id },
    {
      key: "name",
      title: `${say("name")} / ${say("type")}`,
      render: (channel) => (
        <Box style={{ overflowWrap: "anywhere" }} miw={110}>
          <Text size="sm" fw={500}>
            {channel.name}
          </Text>
          <Text size="xs" c="dimmed">
            {typeOf(channel)?.label[language] ?? (types ? `#${channel.type}` : "")}
          </Text>
        </Box>
      ),
    },
    { key: "groups", title: say("groups"), render: ({ group }) => <Groups list={group} /> },
    { key: "status", title: say("status"), render: ({ status }) => <StatusBadge status={status} /> },
    {
      key: "response",
      title: say("response"),
      align: "right",
      render: (channel) => <ResponseTime channel={channel} />,
    },
    {
      key: "balance",
      title: say("balance"),
      align: "right",
      render: (channel) => (typeOf(channel)?.has_balance ? <Balance channel={channel} /> : null),
    },
    {
      key: "used",
      title: say("used"),
      align: "right",
      render: ({ used_quota }) => <Quota value={used_quota} />,
    },
    {
      key: "priority",
      title: say("priority"),
      align: "right",
      render: ({ id, name, priority }) => (
        <InlineNumber
          label={say("priorityOf", { name })}
          value={priority ?? 0}
          onSave={(value) => update({ id, priority: value })}
        />
      ),
    },
    {
      key: "weight",
      title: say("weight"),
      align: "right",
      render: ({ id, name, weight }) => (
        <InlineNumber
          label={say("weightOf", { name })}
          value={weight ?? 0}
          min={0}
          onSave={(value) => update({ id, weight: value })}
        />
      ),
    },
    {
      key: "actions",
      title: say("actions"),
      align: "right",
      render: (channel) => (
        <RowActions
          channel={channel}
          testable={typeOf(channel)?.testable ?? true}
          onDeleted={() => onDeleted(channel.id)}
        />
      ),
    },
  ];
}
