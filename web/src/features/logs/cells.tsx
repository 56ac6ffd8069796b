import { Badge, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconBolt } from "@tabler/icons-react";
import { CopyButton } from "@/components/CopyButton";
import { formatDuration } from "@/format/time";
import { Attempts } from "./Attempts";
import { parseAttempts } from "./attempts";
import type { LogRow } from "./queries";
import { useLogTexts } from "./texts";

const KINDS = [
  { text: "type0", color: "gray" },
  { text: "type1", color: "teal" },
  { text: "type2", color: "blue" },
  { text: "type3", color: "orange" },
  { text: "type4", color: "grape" },
  { text: "type5", color: "gray" },
] as const;

export function Kind({ row }: { row: LogRow }) {
  const say = useLogTexts();
  const { text, color } = KINDS[row.type] ?? KINDS[0];
  return (
    <Badge variant="light" color={color} tt="none" miw="max-content">
      {say(text)}
    </Badge>
  );
}

/** The duration, with a mark for streamed answers. */
export function Took({ row }: { row: LogRow }) {
  const say = useLogTexts();
  if (row.elapsed_time === 0) return null;
  return (
    <Group gap={4} wrap="nowrap" justify="flex-end" style={{ fontVariantNumeric: "tabular-nums" }}>
      {row.is_stream && (
        <Tooltip label={say("stream")}>
          <IconBolt size={14} role="img" aria-label={say("stream")} />
        </Tooltip>
      )}
      <span style={{ whiteSpace: "nowrap" }}>{formatDuration(row.elapsed_time)}</span>
    </Group>
  );
}

const ENDS = {
  delivered: "teal",
  client_left: "yellow",
  gateway_stopped: "orange",
  upstream_failed: "red",
  refused: "orange",
  no_usage: "grape",
} as const;

function isEnd(cause: string): cause is keyof typeof ENDS {
  return cause in ENDS;
}

/** How the request ended, and the channels that were tried. */
export function Outcome({ row, linked }: { row: LogRow; linked: boolean }) {
  const say = useLogTexts();
  const attempts = parseAttempts(row.attempts);
  return (
    <Stack gap={4} align="flex-start" display="inline-flex">
      {isEnd(row.end_cause) && (
        <Badge variant="light" color={ENDS[row.end_cause]} tt="none" miw="max-content">
          {say(row.end_cause)}
        </Badge>
      )}
      {attempts.length > 0 && <Attempts attempts={attempts} linked={linked} />}
    </Stack>
  );
}

export function Detail({ row }: { row: LogRow }) {
  const say = useLogTexts();
  return (
    <Group gap={4} wrap="nowrap">
      {row.request_id && <CopyButton value={row.request_id} label={say("copyId")} />}
      <div>
        <Text size="sm" lineClamp={2} title={row.content} style={{ overflowWrap: "anywhere" }}>
          {row.content}
        </Text>
        {row.system_prompt_reset && (
          <Badge size="sm" variant="outline" color="gray" tt="none">
            {say("systemPrompt")}
          </Badge>
        )}
      </div>
    </Group>
  );
}
