import { Button, Group, Stack, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useInterval } from "@mantine/hooks";
import { useState } from "react";
import { showDone } from "@/app/notifications";
import { FormError } from "@/components/form/FormError";
import { useSendCode } from "./queries";
import type { HumanCheck } from "./Turnstile";
import { useSignInTexts } from "./texts";
import { looksLikeEmail } from "./validate";

/** Mails take a while, and the server limits them. */
const PAUSE = 60;

/** An e-mail address and the code sent to it. */
export function CodeFields<F extends { email: string; code: string }>({
  form,
  human,
}: {
  form: UseFormReturnType<F>;
  human: HumanCheck;
}) {
  const say = useSignInTexts();
  const [left, setLeft] = useState(0);
  const clock = useInterval(() => setLeft((now) => Math.max(0, now - 1)), 1_000);
  const send = useSendCode();
  const { email } = form.getValues();
  const start = () =>
    send.mutate(
      { email: email.trim(), turnstile: human.token },
      {
        onSuccess: () => {
          setLeft(PAUSE);
          clock.start();
          showDone(say("codeSent", { email: email.trim() }));
        },
        onSettled: human.renew,
      },
    );
  return (
    <Stack gap="sm">
      <TextInput
        label={say("email")}
        type="email"
        autoComplete="email"
        required
        {...form.getInputProps("email")}
      />
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <TextInput
          flex={1}
          label={say("code")}
          autoComplete="one-time-code"
          required
          {...form.getInputProps("code")}
        />
        <Button
          variant="default"
          onClick={start}
          loading={send.isPending}
          disabled={left > 0 || !looksLikeEmail(email) || !human.passed}
        >
          {left > 0 ? say("sendAgain", { left }) : say("sendCode")}
        </Button>
      </Group>
      <FormError error={send.error} />
    </Stack>
  );
}
