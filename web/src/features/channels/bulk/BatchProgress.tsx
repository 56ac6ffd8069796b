import { Alert } from "@mantine/core";
import { useChannelTexts } from "../texts";
import { FailureList } from "./FailureList";
import { WorkProgress } from "./RunProgress";
import type { useBatch } from "./useBatch";

const RUNNING = {
  enable: "bulkEnable",
  disable: "bulkDisable",
  delete: "bulkDelete",
  set: "bulkSet",
} as const;

/** Progress of a change to the selected channels; at the end, which failed and why. */
export function BatchProgress({ batch }: { batch: ReturnType<typeof useBatch> }) {
  const say = useChannelTexts();
  const { run } = batch;
  if (!run) return null;
  const { action, done, total, failures } = run;
  if (batch.isPending) return <WorkProgress label={say(RUNNING[action])} done={done} total={total} />;
  return (
    <Alert
      mb="md"
      color={failures.length ? "orange" : "teal"}
      title={say("bulkOver", { passed: total - failures.length, total })}
      withCloseButton
      closeButtonLabel={say("dismiss")}
      onClose={batch.dismiss}
      role="status"
    >
      <FailureList failures={failures} />
    </Alert>
  );
}
