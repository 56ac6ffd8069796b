import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { showDone } from "@/app/notifications";
import { useMe } from "@/app/queries";
import { FormError } from "@/components/form/FormError";
import { isUserName } from "../sign-in/validate";
import { useChangeSelf } from "./queries";
import { Section } from "./Section";
import { useProfileTexts } from "./texts";

const LONGEST_DISPLAY_NAME = 20;

export function NamesForm() {
  const say = useProfileTexts();
  const me = useMe();
  const change = useChangeSelf();
  const form = useForm({
    initialValues: { display_name: me.display_name, username: me.username, old_password: "" },
    validate: {
      display_name: (name) => {
        const { length } = [...name.trim()];
        return length > 0 && length <= LONGEST_DISPLAY_NAME ? null : say("badDisplayName");
      },
      // administrators' and older accounts may have longer names, which may stay
      username: (name) => (name === me.username || isUserName(name) ? null : say("badName")),
    },
  });
  const renamed = form.values.username.trim() !== me.username;
  const send = ({ display_name, username, old_password }: typeof form.values) =>
    change
      .mutateAsync({
        display_name: display_name.trim(),
        ...(renamed ? { username: username.trim(), old_password } : {}),
      })
      .then(() => showDone(say("saved")))
      // shown below
      .catch(() => undefined);
  return (
    <Section title={say("names")}>
      <form onSubmit={form.onSubmit(send)} style={{ width: "100%", maxWidth: 360 }}>
        <Stack gap="sm">
          <TextInput
            label={say("displayName")}
            description={say("displayNameHint")}
            autoComplete="nickname"
            required
            {...form.getInputProps("display_name")}
          />
          <TextInput
            label={say("username")}
            description={say("usernameHint")}
            autoComplete="username"
            required
            {...form.getInputProps("username")}
          />
          {renamed && (
            <PasswordInput
              label={say("currentPassword")}
              description={say("currentHint")}
              autoComplete="current-password"
              {...form.getInputProps("old_password")}
            />
          )}
          <FormError error={change.error} />
          <Button type="submit" variant="default" loading={change.isPending} disabled={!form.isDirty()}>
            {say("save")}
          </Button>
        </Stack>
      </form>
    </Section>
  );
}
