import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useEffect } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { showDone } from "@/app/notifications";
import { useStatus } from "@/app/queries";
import { FormError } from "@/components/form/FormError";
import { CodeFields } from "./CodeFields";
import { useRegister } from "./queries";
import { forgetInvitation, keepInvitation, keptInvitation } from "./rememberedVisit";
import { SignInCard } from "./SignInCard";
import { useHumanCheck } from "./Turnstile";
import { useSignInTexts } from "./texts";
import { isPassword, isUserName } from "./validate";

export default function RegisterPage() {
  const say = useSignInTexts();
  const invitation = useInvitation();
  return (
    <SignInCard title={say("register")}>
      {invitation && (
        <Text size="sm" c="dimmed" mb="md">
          {say("invited", { code: invitation })}
        </Text>
      )}
      <RegistrationForm invitation={invitation} />
      <Anchor component={Link} to="/login" size="sm" mt="lg" display="inline-block">
        {say("toSignIn")}
      </Anchor>
    </SignInCard>
  );
}

/** The inviter's code, from the link or from an earlier visit. */
function useInvitation(): string {
  const [search] = useSearchParams();
  const invited = search.get("aff");
  // localStorage keeps it for later visits
  useEffect(() => {
    if (invited) keepInvitation(invited);
  }, [invited]);
  return invited || keptInvitation();
}

function RegistrationForm({ invitation }: { invitation: string }) {
  const say = useSignInTexts();
  const navigate = useNavigate();
  const { email_verification } = useStatus();
  const register = useRegister();
  const human = useHumanCheck();
  const form = useForm({
    initialValues: { username: "", password: "", repeated: "", email: "", code: "" },
    validate: {
      username: (name) => (isUserName(name) ? null : say("badName")),
      password: (password) => (isPassword(password) ? null : say("badPassword")),
      repeated: (repeated, { password }) => (repeated === password ? null : say("notRepeated")),
    },
  });
  const send = ({ username, password, email, code }: typeof form.values) =>
    register.mutate(
      {
        body: {
          username: username.trim(),
          password,
          email: email.trim(),
          verification_code: code.trim(),
          aff_code: invitation,
        },
        turnstile: human.token,
      },
      {
        onSuccess: () => {
          forgetInvitation();
          showDone(say("registered"));
          navigate("/login");
        },
        onSettled: human.renew,
      },
    );
  return (
    <form onSubmit={form.onSubmit(send)}>
      <Stack>
        <TextInput
          label={say("username")}
          description={say("nameHint")}
          autoComplete="username"
          autoFocus
          required
          {...form.getInputProps("username")}
        />
        <PasswordInput
          label={say("password")}
          description={say("passwordHint")}
          autoComplete="new-password"
          required
          {...form.getInputProps("password")}
        />
        <PasswordInput
          label={say("repeated")}
          autoComplete="new-password"
          required
          {...form.getInputProps("repeated")}
        />
        {email_verification && <CodeFields form={form} human={human} />}
        {human.widget}
        <FormError error={register.error} />
        <Button type="submit" loading={register.isPending} disabled={!human.passed}>
          {say("register")}
        </Button>
      </Stack>
    </form>
  );
}
