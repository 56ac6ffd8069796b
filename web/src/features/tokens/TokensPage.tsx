import { IconPlus } from "@tabler/icons-react";
import { useFormOverList } from "@/components/form/useFormOverList";
import { LinkButton } from "@/components/LinkButton";
import { OrderedSearch } from "@/components/list/OrderedSearch";
import { useListParams } from "@/components/list/useListParams";
import { PageHeader } from "@/components/PageHeader";
import { EditTokenModal, NewTokenModal } from "./TokenModals";
import { TokensTable } from "./TokensTable";
import { useTokenTexts } from "./texts";

const FILTERS = { keyword: "", order: "" };

/** The list of tokens; `/token/add` and `/token/edit/:id` open the form on top. */
export default function TokensPage() {
  const say = useTokenTexts();
  const list = useListParams(FILTERS);
  const form = useFormOverList("/token");
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
          { value: "remain_quota", label: say("mostLeft") },
          { value: "used_quota", label: say("mostUsed") },
        ]}
      />
      <TokensTable list={list} />
      {form.adding && <NewTokenModal onClose={form.close} />}
      {form.editing !== undefined && <EditTokenModal id={form.editing} onClose={form.close} />}
    </>
  );
}
