import { Anchor, Popover, Table, UnstyledButton } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { Link } from "react-router";
import { formatDuration } from "@/format/time";
import type { Attempt } from "./attempts";
import { useLogTexts } from "./texts";

/** The channels tried for one request, in order, shown on demand. */
export function Attempts({ attempts, linked }: { attempts: Attempt[]; linked: boolean }) {
  const say = useLogTexts();
  const name = say("attempts", { count: attempts.length });
  return (
    <Popover withArrow trapFocus shadow="md">
      <Popover.Target>
        <UnstyledButton fz="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
          {name} <IconChevronDown size={12} aria-hidden style={{ verticalAlign: "middle" }} />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={name} maw="95vw" style={{ overflowX: "auto" }}>
        <Table fz="xs" style={{ fontVariantNumeric: "tabular-nums" }}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("channel")}</Table.Th>
              <Table.Th ta="right">{say("status")}</Table.Th>
              <Table.Th>{say("reason")}</Table.Th>
              <Table.Th ta="right">{say("took")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {attempts.map((attempt, index) => (
              <Table.Tr key={index}>
                <Table.Td>
                  {linked ? (
                    <Anchor component={Link} to={`/channel/edit/${attempt.channel}`} size="xs">
                      {attempt.channel}
                    </Anchor>
                  ) : (
                    attempt.channel
                  )}
                </Table.Td>
                <Table.Td ta="right">{attempt.status || say("noAnswer")}</Table.Td>
                <Table.Td>{attempt.outcome}</Table.Td>
                <Table.Td ta="right">{formatDuration(attempt.milliseconds)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Popover.Dropdown>
    </Popover>
  );
}
