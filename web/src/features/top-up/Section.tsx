import { Card, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** One way to get more quota. */
export function Section({ title, hint, children }: { title: string; hint: string; children: ReactNode }) {
  return (
    <Card withBorder padding="lg">
      <Stack gap="sm" align="stretch">
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
        {children}
      </Stack>
    </Card>
  );
}
