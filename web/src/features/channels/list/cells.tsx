import { Badge, Group, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { showDone } from "@/app/notifications";
import { fromCommas } from "@/format/lists";
import { formatAge, formatDuration } from "@/format/time";
import { useLanguage } from "@/i18n";
import { type Channel, STATUS, useReadBalance } from "../queries";
import { useChannelTexts } from "../texts";
import { hasFailed } from "./outcomes";

const TABULAR = { fontVariantNumeric: "tabular-nums" } as const;

export function StatusBadge({ status }: { status: number }) {
  const say = useChannelTexts();
  if (status === STATUS.enabled) {
    return (
      <Badge variant="light" color="teal">
        {say("enabled")}
      </Badge>
    );
  }
  if (status === STATUS.disabledAutomatically) {
    return (
      <Tooltip label={say("disabledAutomaticallyHint")} multiline w={260}>
        <Badge variant="light" color="orange">
          {say("disabledAutomatically")}
        </Badge>
      </Tooltip>
    );
  }
  return (
    <Badge variant="light" color="gray">
      {say("disabledByHand")}
    </Badge>
  );
}

export function Groups({ list }: { list: string }) {
  return (
    <Group gap={4} justify="inherit">
      {fromCommas(list).map((group) => (
        <Badge key={group} size="sm" variant="default" tt="none">
          {group}
        </Badge>
      ))}
    </Group>
  );
}

function useAge(): (seconds: number) => string {
  const language = useLanguage();
  return (seconds) => formatAge(seconds, Date.now() / 1000, language);
}

/** Duration of the last test; the slower, the redder. */
export function ResponseTime({ channel }: { channel: Channel }) {
  const say = useChannelTexts();
  const age = useAge();
  if (!channel.test_time) {
    return (
      <Text size="sm" c="dimmed">
        {say("untested")}
      </Text>
    );
  }
  const failed = hasFailed(channel);
  const skipped = channel.test_outcome === "skipped";
  const tested = say("testedAgo", { age: age(channel.test_time) });
  return (
    <Tooltip
      label={channel.test_error ? `${tested}: ${channel.test_error}` : tested}
      multiline
      maw={420}
      style={{ overflowWrap: "anywhere" }}
    >
      <Text
        component="span"
        size="sm"
        c={failed ? "red" : skipped ? "dimmed" : colourOf(channel.response_time)}
        style={TABULAR}
        tabIndex={0}
      >
        {failed ? say("failed") : skipped ? say("skipped") : formatDuration(channel.response_time)}
      </Text>
    </Tooltip>
  );
}

function colourOf(milliseconds: number): string {
  if (milliseconds <= 1_000) return "teal";
  if (milliseconds <= 3_000) return "lime.8";
  return milliseconds <= 5_000 ? "orange" : "red";
}

/** The account's balance, in the provider's currency; a click refreshes it. */
export function Balance({ channel }: { channel: Channel }) {
  const say = useChannelTexts();
  const age = useAge();
  const read = useReadBalance();
  const known = channel.balance_updated_time > 0;
  const refresh = () =>
    read.mutate(channel.id, {
      onSuccess: ({ balance }) =>
        showDone(say("balanceIs", { name: channel.name, balance: amount(balance) })),
    });
  return (
    <Tooltip label={known ? say("readAgo", { age: age(channel.balance_updated_time) }) : say("neverRead")}>
      <UnstyledButton
        aria-label={say("readBalance", { name: channel.name })}
        aria-busy={read.isPending}
        disabled={read.isPending}
        onClick={refresh}
        ta="right"
        opacity={read.isPending ? 0.4 : 1}
      >
        <Text size="sm" c={known && channel.balance <= 0 ? "red" : ""} style={TABULAR} td="underline dotted">
          {known ? amount(channel.balance) : "—"}
        </Text>
        {known && (
          <Text size="xs" c="dimmed">
            {age(channel.balance_updated_time)}
          </Text>
        )}
      </UnstyledButton>
    </Tooltip>
  );
}

function amount(balance: number): string {
  return balance.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
