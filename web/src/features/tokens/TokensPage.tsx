import { Group, Select } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useLocation, useNavigate, useParams } from "react-router";
import { LinkButton } from "@/components/LinkButton";
import { PageHeader } from "@/components/PageHeader";
import { SearchInput } from "@/components/SearchInput";
import { useListParams } from "@/components/useListParams";
import { EditTokenModal, NewTokenModal } from "./TokenModals";
import { TokensTable } from "./TokensTable";
import { useTokenTexts } from "./texts";

const FILTERS = { keyword: "", order: "" };

/** The list; at `/token/add` and `/token/edit/:id` with the form over it. */
export default function TokensPage() {
  const say = useTokenTexts();
  const list = useListParams(FILTERS);
  const { pathname, search } = useLocation();
  const { id } = useParams();
  const navigate = useNavigate();
  const close = () => navigate(`/token${search}`);
  return (
    <>
      <PageHeader title={say("title")}>
        <LinkButton to={`/token/add${search}`} leftSection={<IconPlus size={16} />}>
          {say("add")}
        </LinkButton>
      </PageHeader>
      <Group mb="md" gap="sm">
        <SearchInput
          value={list.filters.keyword}
          onSearch={(keyword) => list.setFilters({ keyword })}
          label={say("search")}
        />
        {list.filters.keyword === "" && (
          <Select
            aria-label={say("order")}
            allowDeselect={false}
            data={[
              { value: "", label: say("newest") },
              { value: "remain_quota", label: say("mostLeft") },
              { value: "used_quota", label: say("mostUsed") },
            ]}
            value={list.filters.order}
            onChange={(order) => list.setFilters({ order: order ?? "" })}
          />
        )}
      </Group>
      <TokensTable list={list} />
      {pathname === "/token/add" && <NewTokenModal onClose={close} />}
      {id && <EditTokenModal id={Number(id)} onClose={close} />}
    </>
  );
}
