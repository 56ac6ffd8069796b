import { Modal, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { showDone } from "@/app/notifications";
import { FormButtons } from "@/components/form/FormButtons";
import { useCreateUser } from "./queries";
import { displayNameFits, nameFits, passwordFits } from "./rules";
import { useUserTexts } from "./texts";

/** Creates a regular user. */
export function NewUserModal({ onClose }: { onClose: () => void }) {
  const say = useUserTexts();
  const creating = useCreateUser();
  const form = useForm({
    initialValues: { username: "", display_name: "", password: "" },
    validate: {
      username: (name) => (nameFits(name) ? null : say("usernameWrong")),
      display_name: (name) => (displayNameFits(name) ? null : say("displayNameWrong")),
      password: (password) => (passwordFits(password) ? null : say("passwordWrong")),
    },
  });
  const saved = () => {
    showDone(say("saved"));
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title={say("add")} closeOnClickOutside={false}>
      <form onSubmit={form.onSubmit((values) => creating.mutate(values, { onSuccess: saved }))}>
        <Stack>
          <TextInput
            label={say("username")}
            description={say("usernameWrong")}
            withAsterisk
            data-autofocus
            autoComplete="off"
            {...form.getInputProps("username")}
          />
          <TextInput label={say("displayName")} autoComplete="off" {...form.getInputProps("display_name")} />
          <PasswordInput
            label={say("password")}
            description={say("passwordWrong")}
            withAsterisk
            autoComplete="new-password"
            {...form.getInputProps("password")}
          />
          <FormButtons submit={say("create")} pending={creating.isPending} onCancel={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
