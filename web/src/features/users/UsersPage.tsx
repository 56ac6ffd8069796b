import { Group, Select } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useLocation, useNavigate, useParams } from "react-router";
import { LinkButton } from "@/components/LinkButton";
import { PageHeader } from "@/components/PageHeader";
import { SearchInput } from "@/components/SearchInput";
import { useListParams } from "@/components/useListParams";
import { EditUserModal } from "./EditUserModal";
import { NewUserModal } from "./NewUserModal";
import { useUserTexts } from "./texts";
import { UsersTable } from "./UsersTable";

const FILTERS = { keyword: "", order: "" };

/** The list; at `/user/add` and `/user/edit/:id` with a form over it. */
export default function UsersPage() {
  const say = useUserTexts();
  const list = useListParams(FILTERS);
  const { pathname, search } = useLocation();
  const { id } = useParams();
  const navigate = useNavigate();
  const close = () => navigate(`/user${search}`);
  return (
    <>
      <PageHeader title={say("title")}>
        <LinkButton to={`/user/add${search}`} leftSection={<IconPlus size={16} />}>
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
              { value: "quota", label: say("mostQuota") },
              { value: "used_quota", label: say("mostUsed") },
              { value: "request_count", label: say("mostRequests") },
            ]}
            value={list.filters.order}
            onChange={(order) => list.setFilters({ order: order ?? "" })}
          />
        )}
      </Group>
      <UsersTable list={list} />
      {pathname === "/user/add" && <NewUserModal onClose={close} />}
      {id && <EditUserModal id={Number(id)} onClose={close} />}
    </>
  );
}
