import { PageHeader } from "@/components/PageHeader";

export default function HomePage() {
  return <PageHeader title="HomePage" />;
}
