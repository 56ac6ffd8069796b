import { Group, Skeleton, TextInput } from "@mantine/core";
import { CopyButton } from "@/components/CopyButton";
import { ErrorState } from "@/components/ErrorState";
import { useInvitationCode } from "./queries";
import { Section } from "./Section";
import { useTopUpTexts } from "./texts";

export function InviteCard() {
  const say = useTopUpTexts();
  return (
    <Section title={say("inviteTitle")} hint={say("inviteHint")}>
      <InvitationLink />
    </Section>
  );
}

function InvitationLink() {
  const say = useTopUpTexts();
  const query = useInvitationCode();
  if (query.isPending) return <Skeleton h={36} />;
  if (query.data === undefined) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  const link = `${globalThis.location.origin}/register?aff=${encodeURIComponent(query.data)}`;
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <TextInput flex={1} label={say("link")} value={link} readOnly />
      <CopyButton value={link} label={say("copyLink")} />
    </Group>
  );
}
