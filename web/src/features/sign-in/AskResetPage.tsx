import { Alert, Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "react-router";
import { FormError } from "@/components/form/FormError";
import { useAskReset } from "./queries";
import { SignInCard } from "./SignInCard";
import { useHumanCheck } from "./Turnstile";
import { useSignInTexts } from "./texts";
import { looksLikeEmail } from "./validate";

export default function AskResetPage() {
  const say = useSignInTexts();
  return (
    <SignInCard title={say("resetTitle")}>
      <AskForm />
      <Anchor component={Link} to="/login" size="sm" mt="lg" display="inline-block">
        {say("backToSignIn")}
      </Anchor>
    </SignInCard>
  );
}

function AskForm() {
  const say = useSignInTexts();
  const ask = useAskReset();
  const human = useHumanCheck();
  const form = useForm({
    initialValues: { email: "" },
    validate: { email: (email) => (looksLikeEmail(email) ? null : say("badEmail")) },
  });
  if (ask.isSuccess) return <Alert color="teal">{say("resetSent", { email: ask.variables.email })}</Alert>;
  const send = ({ email }: { email: string }) =>
    ask.mutate({ email: email.trim(), turnstile: human.token }, { onSettled: human.renew });
  return (
    <form onSubmit={form.onSubmit(send)}>
      <Stack>
        <Text size="sm" c="dimmed">
          {say("resetHint")}
        </Text>
        <TextInput
          label={say("email")}
          type="email"
          autoComplete="email"
          autoFocus
          required
          {...form.getInputProps("email")}
        />
        {human.widget}
        <FormError error={ask.error} />
        <Button type="submit" loading={ask.isPending} disabled={!human.passed}>
          {say("sendLink")}
        </Button>
      </Stack>
    </form>
  );
}
