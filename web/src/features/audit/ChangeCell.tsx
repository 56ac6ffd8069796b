import { Button, Group, Stack, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { CopyButton } from "@/components/CopyButton";
import { changedFields, type FieldChange } from "./changes";
import type { AuditEntry } from "./queries";
import { useAuditTexts } from "./texts";

/** The fields that an entry changed; on demand with old and new values and the request. */
export function ChangeCell({ entry }: { entry: AuditEntry }) {
  const say = useAuditTexts();
  const [open, { toggle }] = useDisclosure(false);
  const changes = changedFields(entry.before, entry.after);
  const Chevron = open ? IconChevronDown : IconChevronRight;
  const summary = changes.map((change) => change.field).join(", ");
  return (
    <Stack gap="xs" align="stretch">
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        justify="flex-start"
        maw={360}
        leftSection={<Chevron size={16} aria-hidden />}
        aria-expanded={open}
        onClick={toggle}
      >
        {open || !summary ? say(open ? "hide" : "show") : summary}
      </Button>
      {open && (
        <>
          {changes.length > 0 ? <Comparison changes={changes} /> : <Text size="sm">{say("nothing")}</Text>}
          <Text size="xs" c="dimmed">
            {say("address", { address: entry.address })}
          </Text>
          <Group gap={4} wrap="nowrap">
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {say("request", { id: entry.request_id })}
            </Text>
            <CopyButton value={entry.request_id} label={say("copyRequest")} />
          </Group>
        </>
      )}
    </Stack>
  );
}

function Comparison({ changes }: { changes: FieldChange[] }) {
  const say = useAuditTexts();
  return (
    <Table withTableBorder fz="xs" ta="left" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{say("field")}</Table.Th>
          <Table.Th>{say("before")}</Table.Th>
          <Table.Th>{say("after")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map(({ field, before, after }) => (
          <Table.Tr key={field}>
            <Table.Td style={{ overflowWrap: "anywhere" }}>{field}</Table.Td>
            <Value text={before} />
            <Value text={after} />
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Value({ text }: { text: string | undefined }) {
  return <Table.Td style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text || "—"}</Table.Td>;
}
