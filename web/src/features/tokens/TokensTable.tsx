import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Quota } from "@/components/Quota";
import type { ListParams } from "@/components/useListParams";
import { type Token, useTokens } from "./queries";
import { useTokenTexts } from "./texts";

export function TokensTable({ list }: { list: ListParams<{ keyword: string; order: string }> }) {
  const say = useTokenTexts();
  const query = useTokens({ page: list.page, size: list.size, ...list.filters });
  const columns: Column<Token>[] = [
    { key: "name", title: say("name"), render: (token) => token.name },
    {
      key: "used",
      title: say("used"),
      align: "right",
      render: (token) => <Quota value={token.used_quota} />,
    },
  ];
  return (
    <DataTable
      label={say("title")}
      columns={columns}
      query={query}
      rowId={(token) => token.id}
      rowName={(token) => token.name}
      list={list}
      empty={<EmptyState title={say("none")} hint={say("noneHint")} />}
    />
  );
}
