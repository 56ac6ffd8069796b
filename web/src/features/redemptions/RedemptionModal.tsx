import { Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { showDone } from "@/app/notifications";
import { ErrorState } from "@/components/ErrorState";
import { FormButtons } from "@/components/form/FormButtons";
import { QuotaInput } from "@/components/form/QuotaInput";
import { nameFits } from "./limits";
import { type Redemption, useRedemption, useUpdateRedemption } from "./queries";
import { useRedemptionTexts } from "./texts";

/** Edits an unused code; opens once it is loaded. */
export function RedemptionModal({ id, onClose }: { id: number; onClose: () => void }) {
  const say = useRedemptionTexts();
  const { data, error, isPending, refetch } = useRedemption(id);
  return (
    <Modal opened={!isPending} onClose={onClose} title={say("editTitle")} closeOnClickOutside={false}>
      {data ? (
        <EditForm code={data} onClose={onClose} />
      ) : (
        <ErrorState error={error} retry={() => void refetch()} />
      )}
    </Modal>
  );
}

function EditForm({ code, onClose }: { code: Redemption; onClose: () => void }) {
  const say = useRedemptionTexts();
  const updating = useUpdateRedemption();
  const form = useForm({
    initialValues: { name: code.name, quota: code.quota },
    validate: {
      name: (name) => (nameFits(name) ? null : say("nameWrong")),
      quota: (quota) => (quota > 0 ? null : say("quotaMissing")),
    },
  });
  const saved = () => {
    showDone(say("saved"));
    onClose();
  };
  return (
    <form
      onSubmit={form.onSubmit((values) => updating.mutate({ id: code.id, ...values }, { onSuccess: saved }))}
    >
      <Stack>
        <TextInput label={say("name")} withAsterisk data-autofocus {...form.getInputProps("name")} />
        <QuotaInput
          label={say("quota")}
          withAsterisk
          {...form.getInputProps("quota")}
          value={form.values.quota}
        />
        <FormButtons submit={say("save")} pending={updating.isPending} onCancel={onClose} />
      </Stack>
    </form>
  );
}
