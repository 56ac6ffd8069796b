import { PageHeader } from "@/components/PageHeader";
import { SearchInput } from "@/components/SearchInput";
import { useListParams } from "@/components/useListParams";
import { TokensTable } from "./TokensTable";
import { useTokenTexts } from "./texts";

const FILTERS = { keyword: "", order: "" };

export default function TokensPage() {
  const say = useTokenTexts();
  const list = useListParams(FILTERS);
  return (
    <>
      <PageHeader title={say("title")}>
        <SearchInput
          value={list.filters.keyword}
          onSearch={(keyword) => list.setFilters({ keyword })}
          label={say("search")}
        />
      </PageHeader>
      <TokensTable list={list} />
    </>
  );
}
