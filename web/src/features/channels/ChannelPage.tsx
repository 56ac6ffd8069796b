import { PageHeader } from "@/components/PageHeader";

export default function ChannelPage() {
  return <PageHeader title="ChannelPage" />;
}
