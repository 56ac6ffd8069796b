import { Anchor, Card, Stack, Text, Title } from "@mantine/core";
import { useStatus } from "@/app/queries";
import { formatTime } from "@/format/time";
import { useSettingsTexts } from "./texts";

/** The running version, and a link to the API reference. */
export function Installation() {
  const say = useSettingsTexts();
  const { version, start_time } = useStatus();
  return (
    <Card withBorder>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {say("installation")}
        </Title>
        <Text size="sm">
          {say("version")} {version}
        </Text>
        <Text size="sm">
          {say("running")} {formatTime(start_time)}
        </Text>
        <Anchor href="/api/docs" target="_blank" size="sm">
          {say("docs")}
        </Anchor>
      </Stack>
    </Card>
  );
}
