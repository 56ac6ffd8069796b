import { PageHeader } from "@/components/PageHeader";

export default function OAuthReturnPage() {
  return <PageHeader title="OAuthReturnPage" />;
}
