import { PageHeader } from "@/components/PageHeader";

export default function RedemptionsPage() {
  return <PageHeader title="RedemptionsPage" />;
}
