import { Box, Button, Card, Code, Group, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useSelf, useStatus } from "@/app/queries";
import { CopyButton } from "@/components/CopyButton";
import { LinkButton } from "@/components/LinkButton";
import { PageHeader } from "@/components/PageHeader";
import { formatTime } from "@/format/time";
import { useMethodNames } from "../sign-in/methods/methodNames";
import { methodsOn } from "../sign-in/methods/methods";
import { baseUrl } from "./content";
import { useHomeTexts } from "./texts";

/** The default home page: what this is, and how to start. */
export function BuiltInHome() {
  const say = useHomeTexts();
  const { system_name } = useStatus();
  return (
    <Box maw={960} mx="auto" pt={{ base: "md", sm: "xl" }}>
      <PageHeader title={say("headline")} />
      <Text size="lg" c="dimmed" maw={640} mb="lg">
        {say("lead", { name: system_name })}
      </Text>
      <Ways />
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg" mt="xl">
        <Clients />
        <Gateway />
      </SimpleGrid>
    </Box>
  );
}

function Ways() {
  const say = useHomeTexts();
  const self = useSelf();
  return (
    <Group gap="sm">
      <LinkButton to={self ? "/dashboard" : "/login"}>{say(self ? "dashboard" : "signIn")}</LinkButton>
      <LinkButton to={self ? "/token" : "/register"} variant="default">
        {say(self ? "tokens" : "register")}
      </LinkButton>
      <Button component="a" href="/api/docs" variant="subtle">
        {say("apiDocs")}
      </Button>
    </Group>
  );
}

function Clients() {
  const say = useHomeTexts();
  const base = baseUrl(useStatus().server_address, globalThis.location.origin);
  const command = `curl ${base}/models \\\n  -H "Authorization: Bearer sk-..."`;
  return (
    <Card withBorder padding="lg">
      <Stack gap="sm">
        <Title order={2} size="h4">
          {say("baseUrl")}
        </Title>
        <Copied text={base} label={say("copyBaseUrl")} />
        <Text size="sm" c="dimmed">
          {say("baseUrlHint")}
        </Text>
        <Text size="sm" fw={500} mt="xs">
          {say("tryIt")}
        </Text>
        <Copied text={command} label={say("copyCommand")} />
      </Stack>
    </Card>
  );
}

function Copied({ text, label }: { text: string; label: string }) {
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <Code block flex={1} miw={0} style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {text}
      </Code>
      <CopyButton value={text} label={label} />
    </Group>
  );
}

function Gateway() {
  const say = useHomeTexts();
  const status = useStatus();
  const nameOf = useMethodNames();
  const switched = (on: boolean) => say(on ? "on" : "off");
  const facts = [
    [say("version"), status.version],
    [say("runningSince"), formatTime(status.start_time)],
    [
      say("otherMethods"),
      methodsOn(status)
        .map((method) => nameOf(method))
        .join(", ") || say("none"),
    ],
    [say("emailVerification"), switched(status.email_verification)],
    [say("humanCheck"), switched(status.turnstile_check)],
  ];
  return (
    <Card withBorder padding="lg">
      <Title order={2} size="h4" mb="sm">
        {say("gateway")}
      </Title>
      <Table variant="vertical" layout="fixed">
        <Table.Tbody>
          {facts.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th>{name}</Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}
