import { notifications } from "@mantine/notifications";
import { describeError } from "@/components/describeError";

/** Show an error in a corner of the page. */
export function showError(error: unknown): void {
  notifications.show({ color: "red", message: describeError(error), autoClose: 8_000, role: "alert" });
}

/** Show a confirmation in a corner of the page. */
export function showDone(message: string): void {
  notifications.show({ color: "teal", message, autoClose: 3_000 });
}
