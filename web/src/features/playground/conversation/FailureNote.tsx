import { Alert, Stack, Text } from "@mantine/core";
import { LinkButton } from "@/components/LinkButton";
import type { Failure } from "../chat/pieces";
import { usePlaygroundTexts } from "../texts";
import { type Advice, adviceFor } from "./advice";

const LINKS: Partial<Record<Advice, { to: string; text: "toSignIn" | "toTopUp" | "toTokens" }>> = {
  doSignIn: { to: "/login?next=/playground", text: "toSignIn" },
  doTopUp: { to: "/topup", text: "toTopUp" },
  doRaiseToken: { to: "/token", text: "toTokens" },
  doChangeToken: { to: "/token", text: "toTokens" },
};

interface Props {
  failure: Failure;
  /** Whether the answer had begun. */
  begun: boolean;
  withToken: boolean;
}

/** Why there is no answer, or only part of one, and what to do about it. */
export function FailureNote({ failure, begun, withToken }: Props) {
  const say = usePlaygroundTexts();
  const advice = adviceFor(failure, withToken);
  const link = LINKS[advice];
  return (
    <Alert color="red" title={say(begun ? "brokenOff" : "failed")}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {failure.message || unsaid(failure, say)}
        </Text>
        <Text size="sm">{say(advice)}</Text>
        {link && (
          <LinkButton to={link.to} size="xs" variant="default">
            {say(link.text)}
          </LinkButton>
        )}
      </Stack>
    </Alert>
  );
}

/** The text if the gateway sent no message. */
function unsaid({ status, code }: Failure, say: ReturnType<typeof usePlaygroundTexts>): string {
  if (status !== 0) return say("httpFailed", { status });
  return say(code === "unreachable" ? "unreachable" : "interrupted");
}
