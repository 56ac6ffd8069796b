import { Box, Button, Group, Text, Textarea } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconPlayerStop, IconSend } from "@tabler/icons-react";
import { useId, useState } from "react";
import { usePlaygroundTexts } from "../texts";
import { isSend } from "./keys";

interface Props {
  busy: boolean;
  disabled: boolean;
  ask: (text: string) => void;
  stop: () => void;
}

/** The message field, always visible below the conversation. */
export function Composer({ busy, disabled, ask, stop }: Props) {
  const say = usePlaygroundTexts();
  const keys = useId();
  const [draft, setDraft] = useState("");
  useHotkeys([["Escape", stop]], []);
  const ready = !busy && !disabled && draft.trim() !== "";
  const send = () => {
    if (!ready) return;
    ask(draft);
    setDraft("");
  };
  return (
    <Box pos="sticky" bottom={0} py="sm" bg="var(--mantine-color-body)" style={{ zIndex: 1 }}>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <Textarea
          flex={1}
          aria-label={say("message")}
          placeholder={say("placeholder")}
          aria-describedby={keys}
          autosize
          minRows={1}
          maxRows={8}
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (isSend(event)) {
              event.preventDefault();
              send();
            }
          }}
        />
        {busy ? (
          <Button color="red" variant="light" leftSection={<IconPlayerStop size={16} />} onClick={stop}>
            {say("stop")}
          </Button>
        ) : (
          <Button disabled={!ready} leftSection={<IconSend size={16} />} onClick={send}>
            {say("send")}
          </Button>
        )}
      </Group>
      <Text id={keys} size="xs" c="dimmed" mt={4} visibleFrom="xs">
        {say("keys")}
      </Text>
    </Box>
  );
}
