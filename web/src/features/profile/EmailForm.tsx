import { Button, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { showDone } from "@/app/notifications";
import { useMe } from "@/app/queries";
import { FormError } from "@/components/form/FormError";
import { CodeFields } from "../sign-in/CodeFields";
import { useHumanCheck } from "../sign-in/Turnstile";
import { useBindEmail } from "./queries";
import { Section } from "./Section";
import { useProfileTexts } from "./texts";

export function EmailForm() {
  const say = useProfileTexts();
  const me = useMe();
  const bind = useBindEmail();
  const human = useHumanCheck();
  const form = useForm({ initialValues: { email: "", code: "" } });
  const send = ({ email, code }: { email: string; code: string }) =>
    bind.mutate(
      { email: email.trim(), code: code.trim() },
      {
        onSuccess: () => {
          form.reset();
          showDone(say("boundDone", { name: email.trim() }));
        },
      },
    );
  return (
    <Section title={say("email")} hint={say("emailHint")}>
      <Text size="sm">{me.email ? say("bound", { id: me.email }) : say("noEmail")}</Text>
      <form onSubmit={form.onSubmit(send)} style={{ width: "100%", maxWidth: 360 }}>
        <Stack gap="sm">
          <CodeFields form={form} human={human} />
          {human.widget}
          <FormError error={bind.error} />
          <Button type="submit" variant="default" loading={bind.isPending}>
            {say("bindEmail")}
          </Button>
        </Stack>
      </form>
    </Section>
  );
}
