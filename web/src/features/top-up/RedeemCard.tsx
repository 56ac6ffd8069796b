import { Alert, Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useCurrency } from "@/app/queries";
import { FormError } from "@/components/form/FormError";
import { formatQuota } from "@/format/money";
import { useRedeem } from "./queries";
import { Section } from "./Section";
import { useTopUpTexts } from "./texts";

export function RedeemCard() {
  const say = useTopUpTexts();
  const currency = useCurrency();
  const redeem = useRedeem();
  const form = useForm({ initialValues: { code: "" } });
  const send = ({ code }: { code: string }) => redeem.mutate(code.trim(), { onSuccess: form.reset });
  return (
    <Section title={say("redeemTitle")} hint={say("redeemHint")}>
      <form onSubmit={form.onSubmit(send)}>
        <Stack gap="sm">
          <TextInput label={say("code")} autoComplete="off" required {...form.getInputProps("code")} />
          <FormError error={redeem.error} />
          {redeem.isSuccess && (
            <Alert color="teal" role="status">
              {say("redeemed", { amount: formatQuota(redeem.data, currency) })}
            </Alert>
          )}
          <Button type="submit" loading={redeem.isPending}>
            {say("redeem")}
          </Button>
        </Stack>
      </form>
    </Section>
  );
}
