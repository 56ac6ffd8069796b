import { useListParams } from "@/components/list/useListParams";
import { PageHeader } from "@/components/PageHeader";
import { AuditFilters } from "./AuditFilters";
import { AuditTable } from "./AuditTable";
import { useAuditTexts } from "./texts";

/** `from` and `until` in unix seconds. */
const FILTERS = { username: "", action: "", target: "", from: "", until: "" };
export type Filters = typeof FILTERS;

export default function AuditPage() {
  const say = useAuditTexts();
  const list = useListParams(FILTERS);
  return (
    <>
      <PageHeader title={say("title")} />
      <AuditFilters list={list} />
      <AuditTable list={list} />
    </>
  );
}
