import { Alert, Anchor, Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link, Navigate, useSearchParams } from "react-router";
import { useSelf } from "@/app/queries";
import { FormError } from "@/components/form/FormError";
import { localPath } from "./localPath";
import { OtherMethods } from "./methods/OtherMethods";
import { usePasswordSignIn } from "./queries";
import { SignInCard } from "./SignInCard";
import { useSignInTexts } from "./texts";

export default function SignInPage() {
  const say = useSignInTexts();
  const self = useSelf();
  const [search] = useSearchParams();
  const next = search.get("next");
  if (self) return <Navigate to={localPath(next) ?? "/dashboard"} replace />;
  return (
    <SignInCard title={say("signIn")}>
      {search.get("expired") === "true" && (
        <Alert color="yellow" mb="md">
          {say("expired")}
        </Alert>
      )}
      <PasswordForm />
      <OtherMethods next={next} />
      <Group justify="space-between" mt="lg">
        <Anchor component={Link} to="/register" size="sm">
          {say("toRegister")}
        </Anchor>
        <Anchor component={Link} to="/reset" size="sm">
          {say("toReset")}
        </Anchor>
      </Group>
    </SignInCard>
  );
}

function PasswordForm() {
  const say = useSignInTexts();
  const form = useForm({ initialValues: { username: "", password: "" } });
  const signIn = usePasswordSignIn();
  return (
    <form onSubmit={form.onSubmit((values) => signIn.mutate(values))}>
      <Stack>
        <TextInput
          label={say("nameOrEmail")}
          autoComplete="username"
          autoFocus
          required
          {...form.getInputProps("username")}
        />
        <PasswordInput
          label={say("password")}
          autoComplete="current-password"
          required
          {...form.getInputProps("password")}
        />
        <FormError error={signIn.error} />
        <Button type="submit" loading={signIn.isPending}>
          {say("signIn")}
        </Button>
      </Stack>
    </form>
  );
}
