import { Badge, Text } from "@mantine/core";
import { EmptyState } from "@/components/EmptyState";
import { type Column, DataTable } from "@/components/list/DataTable";
import type { ListParams } from "@/components/list/useListParams";
import { Quota } from "@/components/Quota";
import { ENABLED, roleName } from "./permissions";
import { type User, useUsers } from "./queries";
import { useUserTexts } from "./texts";
import { UserActions } from "./UserActions";

const ROLE_COLORS = { common: "gray", admin: "blue", root: "violet" } as const;

export function UsersTable({ list }: { list: ListParams<{ keyword: string; order: string }> }) {
  const say = useUserTexts();
  const query = useUsers({ page: list.page, size: list.size, ...list.filters });
  return (
    <DataTable
      label={say("title")}
      columns={useColumns()}
      query={query}
      rowId={(user) => user.id}
      rowName={(user) => user.username}
      // sorting filters nobody out
      list={{ ...list, filtered: list.filters.keyword !== "" }}
      empty={<EmptyState title={say("none")} />}
    />
  );
}

function useColumns(): Column<User>[] {
  const say = useUserTexts();
  return [
    { key: "id", title: "ID", render: (user) => user.id },
    { key: "user", title: say("user"), render: (user) => <Person user={user} /> },
    { key: "role", title: say("role"), render: (user) => <Role user={user} /> },
    { key: "status", title: say("status"), render: (user) => <Status user={user} /> },
    { key: "group", title: say("group"), render: (user) => user.group },
    { key: "quota", title: say("quota"), align: "right", render: (user) => <Quota value={user.quota} /> },
    { key: "used", title: say("used"), align: "right", render: (user) => <Quota value={user.used_quota} /> },
    {
      key: "requests",
      title: say("requests"),
      align: "right",
      render: (user) => (
        <span style={{ fontVariantNumeric: "tabular-nums" }}>
          {user.request_count.toLocaleString("en-US")}
        </span>
      ),
    },
    { key: "actions", title: "", align: "right", render: (user) => <UserActions user={user} /> },
  ];
}

function Person({ user }: { user: User }) {
  const say = useUserTexts();
  const ways = [
    user.github_id && "GitHub",
    user.oidc_id && "OIDC",
    user.wechat_id && say("wechat"),
    user.lark_id && say("lark"),
  ].filter(Boolean);
  const more = [
    user.display_name !== user.username && user.display_name,
    user.email,
    ways.length > 0 && say("signsIn", { ways: ways.join(", ") }),
  ].filter(Boolean);
  return (
    <>
      <Text size="sm" fw={600}>
        {user.username}
      </Text>
      {more.map((line) => (
        <Text key={String(line)} size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {line}
        </Text>
      ))}
    </>
  );
}

function Role({ user }: { user: User }) {
  const say = useUserTexts();
  const role = roleName(user.role);
  return (
    <Badge variant="light" miw="max-content" color={ROLE_COLORS[role]}>
      {say(role)}
    </Badge>
  );
}

function Status({ user }: { user: User }) {
  const say = useUserTexts();
  const enabled = user.status === ENABLED;
  return (
    <Badge variant="light" miw="max-content" color={enabled ? "teal" : "red"}>
      {say(enabled ? "enabled" : "disabled")}
    </Badge>
  );
}
