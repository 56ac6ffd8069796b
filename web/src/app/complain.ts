import { notifications } from "@mantine/notifications";
import { describeError } from "@/components/describeError";

/** Say in a corner of the page what went wrong. */
export function complain(error: unknown): void {
  notifications.show({ color: "red", message: describeError(error), autoClose: 8_000, role: "alert" });
}

/** Say in a corner of the page that something is done. */
export function confirmDone(message: string): void {
  notifications.show({ color: "teal", message, autoClose: 3_000 });
}
