import { Alert, Button, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { showDone } from "@/app/notifications";
import { useMe } from "@/app/queries";
import { FormError } from "@/components/form/FormError";
import { isPassword } from "../sign-in/validate";
import { useChangeSelf } from "./queries";
import { Section } from "./Section";
import { useProfileTexts } from "./texts";

export function PasswordForm() {
  const say = useProfileTexts();
  const me = useMe();
  const change = useChangeSelf();
  const form = useForm({
    initialValues: { old: "", password: "", repeated: "" },
    validate: {
      password: (password) => (isPassword(password) ? null : say("badPassword")),
      repeated: (repeated, { password }) => (repeated === password ? null : say("notRepeated")),
    },
  });
  const send = ({ old, password }: { old: string; password: string }) =>
    change
      .mutateAsync({ old_password: old, password })
      .then(() => {
        form.reset();
        showDone(say("passwordChanged"));
      })
      // shown below
      .catch(() => undefined);
  return (
    <Section title={say("password")}>
      {me.first_password && (
        <Alert color="red" role="alert">
          {say("firstPassword")}
        </Alert>
      )}
      <form onSubmit={form.onSubmit(send)} style={{ width: "100%", maxWidth: 360 }}>
        <Stack gap="sm">
          <PasswordInput
            label={say("currentPassword")}
            description={me.first_password ? undefined : say("currentHint")}
            autoComplete="current-password"
            {...form.getInputProps("old")}
          />
          <PasswordInput
            label={say("newPassword")}
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
          <FormError error={change.error} />
          <Button type="submit" loading={change.isPending}>
            {say("changePassword")}
          </Button>
        </Stack>
      </form>
    </Section>
  );
}
