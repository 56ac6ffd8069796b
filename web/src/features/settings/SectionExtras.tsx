import { Anchor, Button, Code, Group, Text } from "@mantine/core";
import { Link } from "react-router";
import { showDone } from "@/app/notifications";
import { useStatus } from "@/app/queries";
import { CopyButton } from "@/components/CopyButton";
import type { Section } from "./options/fields";
import { useTestMail, useTestPusher } from "./queries";
import { useSettingsTexts } from "./texts";

/** What a section shows besides its options. */
export function SectionExtras({ section }: { section: Section }) {
  const say = useSettingsTexts();
  if (section.callback) return <Callback source={section.callback} />;
  if (section.name === "mail") return <TestMail />;
  if (section.name === "pusher") return <TestPusher />;
  if (section.name !== "billing") return null;
  return (
    <Text size="sm" c="dimmed">
      {say("logsElsewhere")}{" "}
      <Anchor component={Link} to="/log">
        {say("toLogs")}
      </Anchor>
    </Text>
  );
}

function Callback({ source }: { source: string }) {
  const say = useSettingsTexts();
  const address = `${useStatus().server_address.replace(/\/+$/, "")}/oauth/${source}`;
  return (
    <Group gap="xs">
      <Text size="sm">{say("callback")}</Text>
      <Code style={{ overflowWrap: "anywhere" }}>{address}</Code>
      <CopyButton value={address} label={say("copyCallback")} />
    </Group>
  );
}

function TestMail() {
  const say = useSettingsTexts();
  const test = useTestMail();
  const send = () => test.mutate(undefined, { onSuccess: () => showDone(say("mailSent")) });
  return <Trial text={say("testMail")} hint={say("testMailHint")} pending={test.isPending} onClick={send} />;
}

function TestPusher() {
  const say = useSettingsTexts();
  const test = useTestPusher();
  const send = () => test.mutate(undefined, { onSuccess: () => showDone(say("pushed")) });
  return (
    <Trial text={say("testPusher")} hint={say("testPusherHint")} pending={test.isPending} onClick={send} />
  );
}

interface TrialProps {
  text: string;
  hint: string;
  pending: boolean;
  onClick: () => void;
}

function Trial({ text, hint, pending, onClick }: TrialProps) {
  return (
    <Group gap="sm">
      <Button variant="default" loading={pending} onClick={onClick}>
        {text}
      </Button>
      <Text size="sm" c="dimmed">
        {hint}
      </Text>
    </Group>
  );
}
