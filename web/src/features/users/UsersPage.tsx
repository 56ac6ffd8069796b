import { IconPlus } from "@tabler/icons-react";
import { useFormOverList } from "@/components/form/useFormOverList";
import { LinkButton } from "@/components/LinkButton";
import { OrderedSearch } from "@/components/list/OrderedSearch";
import { useListParams } from "@/components/list/useListParams";
import { PageHeader } from "@/components/PageHeader";
import { EditUserModal } from "./EditUserModal";
import { NewUserModal } from "./NewUserModal";
import { useUserTexts } from "./texts";
import { UsersTable } from "./UsersTable";

const FILTERS = { keyword: "", order: "" };

/** The list of users; `/user/add` and `/user/edit/:id` open a form on top. */
export default function UsersPage() {
  const say = useUserTexts();
  const list = useListParams(FILTERS);
  const form = useFormOverList("/user");
  return (
    <>
      <PageHeader title={say("title")}>
        <LinkButton to={form.addPath} leftSection={<IconPlus size={16} />}>
          {say("add")}
        </LinkButton>
      </PageHeader>
      <OrderedSearch
        list={list}
        label={say("search")}
        orderLabel={say("order")}
        orders={[
          { value: "", label: say("newest") },
          { value: "quota", label: say("mostQuota") },
          { value: "used_quota", label: say("mostUsed") },
          { value: "request_count", label: say("mostRequests") },
        ]}
      />
      <UsersTable list={list} />
      {form.adding && <NewUserModal onClose={form.close} />}
      {form.editing !== undefined && <EditUserModal id={form.editing} onClose={form.close} />}
    </>
  );
}
