import { PageHeader } from "@/components/PageHeader";

export default function ResetPage() {
  return <PageHeader title="ResetPage" />;
}
