import { Modal, PasswordInput, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { showDone } from "@/app/notifications";
import { ErrorState } from "@/components/ErrorState";
import { FormButtons } from "@/components/form/FormButtons";
import { QuotaInput } from "@/components/form/QuotaInput";
import { type User, useGroups, useUpdateUser, useUser } from "./queries";
import { displayNameFits, nameFits, passwordFits } from "./rules";
import { useUserTexts } from "./texts";

/** Opens once the user is loaded, so that the first field takes the focus. */
export function EditUserModal({ id, onClose }: { id: number; onClose: () => void }) {
  const say = useUserTexts();
  const { data, error, isPending, refetch } = useUser(id);
  const title = data ? say("editTitle", { name: data.username }) : say("editTitleUnknown");
  return (
    <Modal opened={!isPending} onClose={onClose} title={title} closeOnClickOutside={false}>
      {data ? (
        <EditForm user={data} onClose={onClose} />
      ) : (
        <ErrorState error={error} retry={() => void refetch()} />
      )}
    </Modal>
  );
}

function EditForm({ user, onClose }: { user: User; onClose: () => void }) {
  const say = useUserTexts();
  const updating = useUpdateUser();
  const { data: groups = [] } = useGroups();
  const form = useForm({
    initialValues: {
      username: user.username,
      display_name: user.display_name,
      password: "",
      group: user.group,
      quota: user.quota,
    },
    validate: {
      // names older than these rules may stay
      username: (name) => (name === user.username || nameFits(name) ? null : say("usernameWrong")),
      display_name: (name) =>
        name === user.display_name || displayNameFits(name) ? null : say("displayNameWrong"),
      password: (password) => (password === "" || passwordFits(password) ? null : say("passwordWrong")),
    },
  });
  const save = (values: typeof form.values) =>
    updating.mutate(
      { id: user.id, ...values, quota_seen: user.quota },
      {
        onSuccess: () => {
          showDone(say("saved"));
          onClose();
        },
      },
    );
  return (
    <form onSubmit={form.onSubmit(save)}>
      <Stack>
        <TextInput
          label={say("username")}
          withAsterisk
          data-autofocus
          autoComplete="off"
          {...form.getInputProps("username")}
        />
        <TextInput label={say("displayName")} autoComplete="off" {...form.getInputProps("display_name")} />
        <PasswordInput
          label={say("password")}
          description={say("passwordKeeps")}
          autoComplete="new-password"
          {...form.getInputProps("password")}
        />
        <Select
          label={say("group")}
          allowDeselect={false}
          searchable
          data={[...new Set([...groups, user.group])].sort()}
          {...form.getInputProps("group")}
        />
        <QuotaInput
          label={say("quota")}
          description={say("quotaHint")}
          {...(user.quota < 0 ? { min: user.quota } : {})}
          {...form.getInputProps("quota")}
          value={form.values.quota}
        />
        <FormButtons submit={say("save")} pending={updating.isPending} onCancel={onClose} />
      </Stack>
    </form>
  );
}
