import { Badge, Code, Group, Text } from "@mantine/core";
import { IconPencil, IconPlayerPause, IconPlayerPlay, IconPlus, IconTrash } from "@tabler/icons-react";
import { useLocation } from "react-router";
import { showDone } from "@/app/notifications";
import { CopyButton } from "@/components/CopyButton";
import { EmptyState } from "@/components/EmptyState";
import { IconAction } from "@/components/IconAction";
import { LinkButton } from "@/components/LinkButton";
import { type Column, DataTable } from "@/components/list/DataTable";
import type { ListParams } from "@/components/list/useListParams";
import { Quota } from "@/components/Quota";
import { useConfirm } from "@/components/useConfirm";
import { formatTime } from "@/format/time";
import { type Redemption, useDeleteRedemption, useRedemptions, useSwitchRedemption } from "./queries";
import { CODE_STATUS, redemptionState, STATE_COLORS } from "./redemptionState";
import { useRedemptionTexts } from "./texts";

export function RedemptionsTable({ list }: { list: ListParams<{ keyword: string }> }) {
  const say = useRedemptionTexts();
  const query = useRedemptions({ page: list.page, size: list.size, ...list.filters });
  return (
    <DataTable
      label={say("title")}
      columns={useColumns()}
      query={query}
      rowId={(code) => code.id}
      rowName={(code) => code.name}
      list={list}
      empty={
        <EmptyState
          title={say("none")}
          hint={say("noneHint")}
          action={
            <LinkButton to="/redemption/add" leftSection={<IconPlus size={16} />}>
              {say("add")}
            </LinkButton>
          }
        />
      }
    />
  );
}

function useColumns(): Column<Redemption>[] {
  const say = useRedemptionTexts();
  return [
    { key: "id", title: "ID", render: (code) => code.id },
    { key: "name", title: say("name"), render: (code) => code.name },
    { key: "status", title: say("status"), render: (code) => <Status code={code} /> },
    {
      key: "code",
      title: say("code"),
      render: (code) => (
        <Group gap={4} wrap="nowrap" display="inline-flex">
          <Code style={{ overflowWrap: "anywhere" }}>{code.key}</Code>
          <CopyButton value={code.key} label={say("copyCode")} />
        </Group>
      ),
    },
    { key: "quota", title: say("quota"), align: "right", render: (code) => <Quota value={code.quota} /> },
    {
      key: "created",
      title: say("created"),
      notOnPhones: true,
      render: (code) => <Text size="sm">{formatTime(code.created_time)}</Text>,
    },
    { key: "redeemed", title: say("redeemed"), render: (code) => <Redeemed code={code} /> },
    { key: "actions", title: "", align: "right", render: (code) => <Actions code={code} /> },
  ];
}

function Status({ code }: { code: Redemption }) {
  const say = useRedemptionTexts();
  const state = redemptionState(code.status);
  return (
    <Badge variant="light" miw="max-content" color={STATE_COLORS[state]}>
      {say(state)}
    </Badge>
  );
}

function Redeemed({ code }: { code: Redemption }) {
  const say = useRedemptionTexts();
  if (code.redeemed_time === 0) return "—";
  return (
    <>
      <Text size="sm">{formatTime(code.redeemed_time)}</Text>
      {code.redeemed_by !== 0 && (
        <Text size="xs" c="dimmed">
          {say("byUser", { id: code.redeemed_by })}
        </Text>
      )}
    </>
  );
}

function Actions({ code }: { code: Redemption }) {
  const say = useRedemptionTexts();
  const confirm = useConfirm();
  const { search } = useLocation();
  const switching = useSwitchRedemption();
  const deleting = useDeleteRedemption();
  const unused = code.status === CODE_STATUS.unused;
  const used = code.status === CODE_STATUS.used;
  const toggle = () =>
    switching.mutate({ id: code.id, status: unused ? CODE_STATUS.disabled : CODE_STATUS.unused });
  const remove = () =>
    confirm({
      title: say("deleteTitle", { name: code.name }),
      text: say(used ? "deleteUsed" : "deleteUnused"),
      confirm: say("delete"),
      onConfirm: () => deleting.mutate(code.id, { onSuccess: () => showDone(say("deleted")) }),
    });
  return (
    <Group gap={2} wrap="nowrap" justify="flex-end">
      <IconAction
        label={say(unused ? "disable" : "enable")}
        Icon={unused ? IconPlayerPause : IconPlayerPlay}
        refusal={used && say("fixed")}
        onClick={toggle}
      />
      <IconAction
        label={say("edit")}
        Icon={IconPencil}
        refusal={used && say("fixed")}
        to={`/redemption/edit/${code.id}${search}`}
      />
      <IconAction label={say("delete")} Icon={IconTrash} color="red" onClick={remove} />
    </Group>
  );
}
