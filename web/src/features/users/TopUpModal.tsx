import { Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { randomId } from "@mantine/hooks";
import { useState } from "react";
import { showDone } from "@/app/notifications";
import { useCurrency } from "@/app/queries";
import { FormButtons } from "@/components/form/FormButtons";
import { QuotaInput } from "@/components/form/QuotaInput";
import { formatQuota } from "@/format/money";
import { type User, useTopUp } from "./queries";
import { useUserTexts } from "./texts";

/** Tops up a user's quota. */
export function TopUpModal({ user, onClose }: { user: User; onClose: () => void }) {
  const say = useUserTexts();
  const currency = useCurrency();
  const topUp = useTopUp();
  // one key per dialog: pressing twice, or again after a lost answer, tops up once
  const [once] = useState(() => `console-${Date.now()}-${randomId("")}`);
  const form = useForm({
    initialValues: { quota: 0, remark: "" },
    validate: { quota: (quota) => (quota > 0 ? null : say("amountMissing")) },
  });
  const give = (values: typeof form.values) =>
    topUp.mutate(
      { user_id: user.id, once, ...values },
      {
        onSuccess: () => {
          const amount = formatQuota(values.quota, currency);
          showDone(say("toppedUp", { amount, name: user.username }));
          onClose();
        },
      },
    );
  return (
    <Modal
      opened
      onClose={onClose}
      title={say("topUpTitle", { name: user.username })}
      closeOnClickOutside={false}
    >
      <form onSubmit={form.onSubmit(give)}>
        <Stack>
          <QuotaInput
            label={say("amount")}
            description={say("amountHint", { quota: formatQuota(user.quota, currency) })}
            withAsterisk
            data-autofocus
            {...form.getInputProps("quota")}
            value={form.values.quota}
          />
          <TextInput
            label={say("remark")}
            description={say("remarkHint")}
            {...form.getInputProps("remark")}
          />
          <FormButtons submit={say("topUp")} pending={topUp.isPending} onCancel={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
