import { List, ScrollArea, Text } from "@mantine/core";

export interface Failure {
  id: number;
  name: string;
  message: string;
}

/** The channels that failed, with the reasons. */
export function FailureList({ failures }: { failures: Failure[] }) {
  if (failures.length === 0) return null;
  return (
    <ScrollArea.Autosize mah={220} type="auto">
      <List size="sm" spacing={4} style={{ overflowWrap: "anywhere" }}>
        {failures.map(({ id, name, message }) => (
          <List.Item key={id}>
            <Text span fw={600} size="sm">
              {name}
            </Text>{" "}
            <Text span c="dimmed" size="sm">
              #{id}
            </Text>{" "}
            {message}
          </List.Item>
        ))}
      </List>
    </ScrollArea.Autosize>
  );
}
