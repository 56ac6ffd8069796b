import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useComponentTexts } from "./texts";

interface Props {
  /** The text to copy, or a function that fetches it. */
  value: string;
  /** Names what will be copied, for screen readers and the tooltip. */
  label?: string;
  children?: ReactNode;
}

/** Copies `value` to the clipboard and confirms it; an icon button unless it has children. */
export function CopyButton({ value, label, children }: Props) {
  const say = useComponentTexts();
  const clipboard = useClipboard({ timeout: 1_500 });
  const name = clipboard.copied ? say("copied") : (label ?? say("copy"));
  const icon = clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />;
  if (children) {
    return (
      <Button variant="default" size="xs" leftSection={icon} onClick={() => clipboard.copy(value)}>
        {clipboard.copied ? say("copied") : children}
      </Button>
    );
  }
  return (
    <Tooltip label={name}>
      <ActionIcon variant="subtle" color="gray" aria-label={name} onClick={() => clipboard.copy(value)}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
