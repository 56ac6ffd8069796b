import { Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import type { ReactNode } from "react";
import { useComponentTexts } from "./texts";

interface Question {
  title: string;
  /** What will be lost, and whether it can be restored. */
  text: ReactNode;
  /** The verb on the button. */
  confirm: string;
  onConfirm: () => void;
}

/** Asks for confirmation before a destructive action. */
export function useConfirm(): (question: Question) => void {
  const say = useComponentTexts();
  return ({ title, text, confirm, onConfirm }) =>
    modals.openConfirmModal({
      title,
      children: typeof text === "string" ? <Text size="sm">{text}</Text> : text,
      labels: { confirm, cancel: say("cancel") },
      confirmProps: { color: "red.9", "data-autofocus": false },
      cancelProps: { "data-autofocus": true },
      onConfirm,
    });
}
