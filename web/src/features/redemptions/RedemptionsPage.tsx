import { Group } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useFormOverList } from "@/components/form/useFormOverList";
import { LinkButton } from "@/components/LinkButton";
import { SearchInput } from "@/components/list/SearchInput";
import { useListParams } from "@/components/list/useListParams";
import { PageHeader } from "@/components/PageHeader";
import { NewRedemptionsModal } from "./NewRedemptionsModal";
import { RedemptionModal } from "./RedemptionModal";
import { RedemptionsTable } from "./RedemptionsTable";
import { useRedemptionTexts } from "./texts";

const FILTERS = { keyword: "" };

/** The list of codes; `/redemption/add` and `/redemption/edit/:id` open a form on top. */
export default function RedemptionsPage() {
  const say = useRedemptionTexts();
  const list = useListParams(FILTERS);
  const form = useFormOverList("/redemption");
  return (
    <>
      <PageHeader title={say("title")}>
        <LinkButton to={form.addPath} leftSection={<IconPlus size={16} />}>
          {say("add")}
        </LinkButton>
      </PageHeader>
      <Group mb="md">
        <SearchInput
          value={list.filters.keyword}
          onSearch={(keyword) => list.setFilters({ keyword })}
          label={say("search")}
        />
      </Group>
      <RedemptionsTable list={list} />
      {form.adding && <NewRedemptionsModal onClose={form.close} />}
      {form.editing !== undefined && <RedemptionModal id={form.editing} onClose={form.close} />}
    </>
  );
}
