import { Alert, Group, Progress, Stack, Text } from "@mantine/core";
import { useChannelTexts } from "../texts";
import { FailureList } from "./FailureList";
import type { Run, RunKind } from "./runs";

const TEXTS = {
  test: { running: "testing", over: "testsOver" },
  balance: { running: "balancing", over: "balancesOver" },
} as const;

/** Progress of a background run; at the end, which channels failed and why. */
export function RunProgress({ kind, run }: { kind: RunKind; run: Run }) {
  const say = useChannelTexts();
  const { report } = run;
  if (!report) return null;
  const { done, total } = report;
  if (report.running) {
    // until the first channel is done, the server still reports the previous run
    const known = done < total;
    return (
      <WorkProgress label={say(TEXTS[kind].running)} done={known ? done : 0} total={known ? total : 0} />
    );
  }
  const failed = report.results.filter(({ success }) => !success);
  const passed = report.results.length - failed.length;
  return (
    <Alert
      mb="md"
      color={failed.length || done < total ? "orange" : "teal"}
      title={say(TEXTS[kind].over, { passed, total })}
      withCloseButton
      closeButtonLabel={say("dismiss")}
      onClose={run.dismiss}
      role="status"
    >
      {done < total && <Text size="sm">{say("stopped", { done, total })}</Text>}
      <FailureList failures={failed.map((outcome) => ({ ...outcome, id: outcome.channel_id }))} />
    </Alert>
  );
}

/** `total` 0: not known yet. */
export function WorkProgress({ label, done, total }: { label: string; done: number; total: number }) {
  const say = useChannelTexts();
  return (
    <Stack gap={4} mb="md" role="status">
      <Group justify="space-between">
        <Text size="sm">{label}</Text>
        <Text size="sm" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
          {total ? say("progress", { done, total }) : say("starting")}
        </Text>
      </Group>
      <Progress aria-label={label} value={total ? (100 * done) / total : 100} animated />
    </Stack>
  );
}
