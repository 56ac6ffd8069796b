import { Alert, Anchor, Button, Code, Group, Stack, Text } from "@mantine/core";
import { CopyButton } from "@/components/CopyButton";
import { useConfirm } from "@/components/useConfirm";
import { useRenewAccessToken } from "./queries";
import { Section } from "./Section";
import { useProfileTexts } from "./texts";

export function AccessToken() {
  const say = useProfileTexts();
  const confirm = useConfirm();
  const renew = useRenewAccessToken();
  const ask = () =>
    confirm({
      title: say("tokenTitle"),
      text: say("tokenLost"),
      confirm: say("makeToken"),
      onConfirm: () => renew.mutate(),
    });
  return (
    <Section title={say("token")} hint={say("tokenHint")}>
      {renew.data && (
        <Alert color="teal" role="status" w="100%">
          <Stack gap="xs">
            <Text size="sm">{say("tokenShown")}</Text>
            <Group gap="xs" wrap="nowrap">
              <Code style={{ overflowWrap: "anywhere" }}>{renew.data}</Code>
              <CopyButton value={renew.data} label={say("copyToken")} />
            </Group>
          </Stack>
        </Alert>
      )}
      <Group>
        <Button variant="default" onClick={ask} loading={renew.isPending}>
          {say("makeToken")}
        </Button>
        <Anchor href="/api/docs" size="sm">
          {say("apiDocs")}
        </Anchor>
      </Group>
    </Section>
  );
}
