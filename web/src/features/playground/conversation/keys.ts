import type { KeyboardEvent } from "react";

/** Enter sends; with Shift it starts a line, and while characters are being composed it chooses one. */
export function isSend(event: KeyboardEvent): boolean {
  return event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing;
}
