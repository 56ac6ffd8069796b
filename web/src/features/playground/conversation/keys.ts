import type { KeyboardEvent } from "react";

/** Enter sends; Shift+Enter breaks the line; during IME composition Enter picks a character. */
export function isSend(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing;
}
