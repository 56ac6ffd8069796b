import { Modal, NumberInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { FormButtons } from "@/components/form/FormButtons";
import { QuotaInput } from "@/components/form/QuotaInput";
import { MOST_AT_ONCE, nameFits } from "./limits";
import { NewCodes } from "./NewCodes";
import { useCreateRedemptions } from "./queries";
import { useRedemptionTexts } from "./texts";

/** Creates codes and shows them. */
export function NewRedemptionsModal({ onClose }: { onClose: () => void }) {
  const say = useRedemptionTexts();
  const creating = useCreateRedemptions();
  const made = creating.data;
  const form = useForm({
    initialValues: { name: "", count: 1, quota: 0 },
    validate: {
      name: (name) => (nameFits(name) ? null : say("nameWrong")),
      count: (count) => (count >= 1 && count <= MOST_AT_ONCE ? null : say("countWrong")),
      quota: (quota) => (quota > 0 ? null : say("quotaMissing")),
    },
  });
  const title = made ? say("madeTitle", { count: made.length }) : say("add");
  return (
    <Modal opened onClose={onClose} title={title} closeOnClickOutside={false}>
      {made ? (
        <NewCodes codes={made} name={form.values.name} quota={form.values.quota} onClose={onClose} />
      ) : (
        <form onSubmit={form.onSubmit((values) => creating.mutate(values))}>
          <Stack>
            <TextInput
              label={say("name")}
              description={say("nameHint")}
              withAsterisk
              data-autofocus
              {...form.getInputProps("name")}
            />
            <NumberInput
              label={say("count")}
              withAsterisk
              min={1}
              max={MOST_AT_ONCE}
              allowDecimal={false}
              {...form.getInputProps("count")}
            />
            <QuotaInput
              label={say("quotaEach")}
              withAsterisk
              {...form.getInputProps("quota")}
              value={form.values.quota}
            />
            <FormButtons submit={say("create")} pending={creating.isPending} onCancel={onClose} />
          </Stack>
        </form>
      )}
    </Modal>
  );
}
