import { PageHeader } from "@/components/PageHeader";

export default function RegisterPage() {
  return <PageHeader title="RegisterPage" />;
}
