import { PageHeader } from "@/components/PageHeader";

export default function AskResetPage() {
  return <PageHeader title="AskResetPage" />;
}
