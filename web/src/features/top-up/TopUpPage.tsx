import { PageHeader } from "@/components/PageHeader";

export default function TopUpPage() {
  return <PageHeader title="TopUpPage" />;
}
