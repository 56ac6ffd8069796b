import { Group, Loader, Paper, Text, Tooltip } from "@mantine/core";
import { lazy, Suspense } from "react";
import { CopyButton } from "@/components/CopyButton";
import { Quota } from "@/components/Quota";
import { formatDuration } from "@/format/time";
import type { Answer } from "../chat/messages";
import { useCost } from "../queries";
import { usePlaygroundTexts } from "../texts";
import { FailureNote } from "./FailureNote";

const Markdown = lazy(() => import("./Markdown"));

/** An answer: plain text while it is being written, then Markdown, with its statistics. */
export function AnswerCard({ answer, withToken }: { answer: Answer; withToken: boolean }) {
  const say = usePlaygroundTexts();
  const { text, reasoning, state, failure } = answer;
  const plain = <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text}</Text>;
  return (
    <Paper withBorder p="md" style={{ overflowX: "auto" }}>
      {reasoning && <Reasoning text={reasoning} open={state === "streaming" && !text} />}
      {state === "streaming" && !text && !reasoning && (
        <Loader type="dots" size="sm" aria-label={say("thinking")} />
      )}
      {state === "streaming"
        ? text && plain
        : text && (
            <Suspense fallback={plain}>
              <Markdown text={text} />
            </Suspense>
          )}
      {failure && <FailureNote failure={failure} begun={text !== ""} withToken={withToken} />}
      {state !== "streaming" && <Taken answer={answer} />}
    </Paper>
  );
}

function Reasoning({ text, open }: { text: string; open: boolean }) {
  const say = usePlaygroundTexts();
  return (
    <details open={open} style={{ marginBottom: "var(--mantine-spacing-xs)" }}>
      <summary style={{ cursor: "pointer", color: "var(--mantine-color-dimmed)" }}>
        {say("reasoning")}
      </summary>
      <Text size="sm" c="dimmed" pl="md" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {text}
      </Text>
    </details>
  );
}

/** Model, tokens, cost and time. */
function Taken({ answer }: { answer: Answer }) {
  const say = usePlaygroundTexts();
  const cost = useCost(answer.requestId);
  const { usage, firstToken, whole } = answer;
  return (
    <Group gap="sm" mt="xs" c="dimmed" fz="xs" style={{ fontVariantNumeric: "tabular-nums" }}>
      <span>{answer.model}</span>
      {answer.state === "stopped" && <span>{say("stopped")}</span>}
      {usage && (
        <Tooltip label={say("tokensTip")}>
          <span>{say("tokens", { prompt: usage.prompt, completion: usage.completion })}</span>
        </Tooltip>
      )}
      {typeof cost === "number" && (
        <span title={say("costTip")}>
          <Quota value={cost} digits={4} />
        </span>
      )}
      {firstToken !== undefined && <span>{say("first", { time: formatDuration(firstToken) })}</span>}
      {whole !== undefined && <span>{say("whole", { time: formatDuration(whole) })}</span>}
      {answer.text && <CopyButton value={answer.text} label={say("copyAnswer")} />}
    </Group>
  );
}
