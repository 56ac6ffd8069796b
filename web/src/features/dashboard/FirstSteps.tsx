import { Code, Group, List, Paper, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useMe } from "@/app/queries";
import { isAdmin } from "@/app/roles";
import { CopyButton } from "@/components/CopyButton";
import { LinkButton } from "@/components/LinkButton";
import { useDashboardTexts } from "./texts";

/** The first steps of a user who has never called the gateway. */
export function FirstSteps() {
  const say = useDashboardTexts();
  const admin = isAdmin(useMe());
  const call = firstCall();
  return (
    <Paper withBorder p="md">
      <Title order={2} size="h4" mb="sm">
        {say(admin ? "welcome" : "welcomeUser")}
      </Title>
      <List type="ordered" spacing="md" withPadding styles={{ itemWrapper: { width: "100%" } }}>
        {admin && (
          <Step title={say("stepChannel")} hint={say("stepChannelHint")}>
            <LinkButton to="/channel/add" size="xs">
              {say("stepChannel")}
            </LinkButton>
          </Step>
        )}
        <Step title={say("stepToken")} hint={say("stepTokenHint")}>
          <LinkButton to="/token/add" size="xs" variant={admin ? "default" : "filled"}>
            {say("stepToken")}
          </LinkButton>
        </Step>
        <Step title={say("stepCall")} hint={say("stepCallHint")}>
          <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {call}
          </Code>
          <Group gap="xs">
            <CopyButton value={call}>{say("copyCall")}</CopyButton>
            <LinkButton to="/playground" size="xs" variant="default">
              {say("playground")}
            </LinkButton>
          </Group>
        </Step>
      </List>
    </Paper>
  );
}

function Step({ title, hint, children }: { title: string; hint: string; children: ReactNode }) {
  return (
    <List.Item>
      <Stack gap={6} align="flex-start">
        <Text fw={600}>{title}</Text>
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
        {children}
      </Stack>
    </List.Item>
  );
}

/** The current address: on a new gateway, the option `ServerAddress` is not set yet. */
function firstCall(): string {
  return [
    `curl ${location.origin}/v1/chat/completions`,
    `  -H "Authorization: Bearer sk-..." -H "Content-Type: application/json"`,
    `  -d '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello!"}]}'`,
  ].join(" \\\n");
}
