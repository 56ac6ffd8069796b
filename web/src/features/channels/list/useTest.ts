import { notifications } from "@mantine/notifications";
import { describeError } from "@/components/describeError";
import { formatDuration } from "@/format/time";
import { useTestChannel } from "../queries";
import { useChannelTexts } from "../texts";

/** Characters of an answer to show. */
const LONGEST = 400;

/** Tests a channel and shows the model's answer and its duration in a notification. */
export function useTest() {
  const say = useChannelTexts();
  const { mutate, isPending } = useTestChannel();
  const test = ({ id, name }: { id: number; name: string }, model = "") =>
    mutate(
      { id, model },
      {
        onSuccess: (answer) =>
          notifications.show({
            color: answer.outcome === "skipped" ? "gray" : "teal",
            title:
              answer.outcome === "skipped"
                ? say("testSkipped", { name })
                : say("testPassed", { name, model: answer.model, time: formatDuration(answer.time * 1000) }),
            message: answer.message.slice(0, LONGEST) || say("saidNothing"),
            autoClose: 8_000,
          }),
        onError: (error) =>
          notifications.show({
            color: "red",
            title: say("testFailed", { name }),
            message: describeError(error).slice(0, LONGEST),
            role: "alert",
            autoClose: false,
          }),
      },
    );
  return { test, isPending };
}
