import { ActionIcon, Button, Group, Paper, Stack, Text, Textarea, Tooltip } from "@mantine/core";
import { IconPencil } from "@tabler/icons-react";
import { useState } from "react";
import { usePlaygroundTexts } from "../texts";
import { isSend } from "./keys";

interface Props {
  text: string;
  /** Disabled while an answer is being written. */
  busy: boolean;
  askInstead: (text: string) => void;
}

export function QuestionCard({ text, busy, askInstead }: Props) {
  const say = usePlaygroundTexts();
  const [draft, setDraft] = useState<string | null>(null);
  if (draft !== null) {
    const send = () => {
      if (busy || !draft.trim()) return;
      setDraft(null);
      askInstead(draft);
    };
    return (
      <Stack gap="xs">
        <Textarea
          label={say("edit")}
          description={say("editHint")}
          autosize
          maxRows={12}
          autoFocus
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") setDraft(null);
            if (isSend(event)) {
              event.preventDefault();
              send();
            }
          }}
        />
        <Group gap="xs" justify="flex-end">
          <Button size="xs" variant="default" onClick={() => setDraft(null)}>
            {say("cancel")}
          </Button>
          <Button size="xs" disabled={busy || !draft.trim()} onClick={send}>
            {say("sendAgain")}
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Group gap="xs" justify="flex-end" align="flex-start" wrap="nowrap">
      <Tooltip label={say("edit")}>
        <ActionIcon
          variant="subtle"
          color="gray"
          disabled={busy}
          aria-label={say("edit")}
          onClick={() => setDraft(text)}
        >
          <IconPencil size={16} />
        </ActionIcon>
      </Tooltip>
      <Paper px="md" py="xs" bg="var(--mantine-primary-color-light)" maw="85%">
        <Text style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{text}</Text>
      </Paper>
    </Group>
  );
}
