import { Badge, Text, Tooltip } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/LinkButton";
import { type Column, DataTable } from "@/components/list/DataTable";
import type { ListParams } from "@/components/list/useListParams";
import { formatTime } from "@/format/time";
import { useLanguage } from "@/i18n";
import { formatExpiry } from "./form/expiry";
import { type Token, useTokens } from "./queries";
import { TokenActions } from "./TokenActions";
import { TokenKey } from "./TokenKey";
import { TokenUsage } from "./TokenUsage";
import { useTokenTexts } from "./texts";
import { NEVER, STATE_COLORS, tokenState } from "./tokenState";

export function TokensTable({ list }: { list: ListParams<{ keyword: string; order: string }> }) {
  const say = useTokenTexts();
  const query = useTokens({ page: list.page, size: list.size, ...list.filters });
  return (
    <DataTable
      label={say("title")}
      columns={useColumns()}
      query={query}
      rowId={(token) => token.id}
      rowName={(token) => token.name}
      // sorting filters no token out
      list={{ ...list, filtered: list.filters.keyword !== "" }}
      empty={
        <EmptyState
          title={say("none")}
          hint={say("noneHint")}
          action={
            <LinkButton to="/token/add" leftSection={<IconPlus size={16} />}>
              {say("add")}
            </LinkButton>
          }
        />
      }
    />
  );
}

function useColumns(): Column<Token>[] {
  const say = useTokenTexts();
  return [
    { key: "name", title: say("name"), render: (token) => <Name token={token} /> },
    { key: "status", title: say("status"), render: (token) => <Status token={token} /> },
    { key: "key", title: say("key"), render: (token) => <TokenKey token={token} /> },
    { key: "usage", title: say("usage"), align: "right", render: (token) => <TokenUsage token={token} /> },
    { key: "expires", title: say("expires"), render: (token) => <Expiry token={token} /> },
    {
      key: "created",
      title: say("created"),
      notOnPhones: true,
      render: (token) => <Text size="sm">{formatTime(token.created_time)}</Text>,
    },
    { key: "actions", title: "", align: "right", render: (token) => <TokenActions token={token} /> },
  ];
}

function Name({ token }: { token: Token }) {
  const say = useTokenTexts();
  const limits = [
    token.models && say("onlyModels", { models: token.models.replaceAll(",", ", ") }),
    token.subnet && say("onlySubnets", { subnets: token.subnet }),
  ].filter(Boolean);
  return (
    <>
      <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
        {token.name}
      </Text>
      {limits.map((limit) => (
        <Tooltip key={limit} label={limit} multiline maw={360}>
          <Text size="xs" c="dimmed" maw={200} truncate>
            {limit}
          </Text>
        </Tooltip>
      ))}
    </>
  );
}

function Status({ token }: { token: Token }) {
  const say = useTokenTexts();
  const state = tokenState(token, Date.now() / 1000);
  return (
    <Badge variant="light" miw="max-content" color={STATE_COLORS[state]}>
      {say(state)}
    </Badge>
  );
}

function Expiry({ token }: { token: Token }) {
  const say = useTokenTexts();
  const language = useLanguage();
  if (token.expired_time === NEVER) {
    return (
      <Text size="sm" c="dimmed">
        {say("never")}
      </Text>
    );
  }
  return (
    <Tooltip label={formatTime(token.expired_time)}>
      <Text size="sm" span>
        {formatExpiry(token.expired_time, Date.now() / 1000, language)}
      </Text>
    </Tooltip>
  );
}
