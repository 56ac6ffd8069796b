import { Button, Group, Stack, VisuallyHidden } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useEffect } from "react";
import { EmptyState } from "@/components/EmptyState";
import type { Chat } from "../chat/useChat";
import { usePlaygroundTexts } from "../texts";
import { AnswerCard } from "./AnswerCard";
import { QuestionCard } from "./QuestionCard";

/** Within this many pixels of the end, the page scrolls along with the answer. */
const NEAR = 240;

export function Conversation({ chat, withToken }: { chat: Chat; withToken: boolean }) {
  const say = usePlaygroundTexts();
  const { messages, live } = chat;
  const length = messages.length;
  // keeps the window at the end of the page if it is there
  // biome-ignore lint/correctness/useExhaustiveDependencies: the written text triggers the effect
  useEffect(() => {
    const page = document.documentElement;
    if (page.scrollHeight - window.innerHeight - window.scrollY < NEAR) page.scrollTop = page.scrollHeight;
  }, [length, live?.text, live?.reasoning]);
  if (length === 0) return <EmptyState title={say("empty")} hint={say("emptyHint")} />;
  const last = messages[length - 1];
  return (
    <Stack gap="md">
      {messages.map((message, index) =>
        message.role === "user" ? (
          <QuestionCard
            key={index}
            text={message.text}
            busy={live !== null}
            askInstead={(text) => chat.askInstead(index, text)}
          />
        ) : (
          <AnswerCard key={index} answer={message} withToken={withToken} />
        ),
      )}
      {live && <AnswerCard answer={live} withToken={withToken} />}
      {!live && (
        <Group>
          <Button
            variant="subtle"
            color="gray"
            size="xs"
            leftSection={<IconRefresh size={16} />}
            onClick={chat.retry}
          >
            {say("retry")}
          </Button>
        </Group>
      )}
      <VisuallyHidden aria-live="polite">
        {!live &&
          last?.role === "assistant" &&
          (last.failure ? last.failure.message || say("failed") : last.text)}
      </VisuallyHidden>
    </Stack>
  );
}
