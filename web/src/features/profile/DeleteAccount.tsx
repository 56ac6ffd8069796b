import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { useNavigate } from "react-router";
import { showDone } from "@/app/notifications";
import { signOut, useCurrency, useMe } from "@/app/queries";
import { FormError } from "@/components/form/FormError";
import { formatQuota } from "@/format/money";
import { useDeleteSelf } from "./queries";
import { Section } from "./Section";
import { useProfileTexts } from "./texts";

export function DeleteAccount() {
  const say = useProfileTexts();
  const [opened, dialog] = useDisclosure(false);
  return (
    <Section title={say("remove")} hint={say("removeHint")}>
      <Button color="red" variant="outline" onClick={dialog.open}>
        {say("remove")}
      </Button>
      <Modal
        opened={opened}
        onClose={dialog.close}
        title={say("removeTitle")}
        closeButtonProps={{ "aria-label": say("close") }}
      >
        <Question onCancel={dialog.close} />
      </Modal>
    </Section>
  );
}

/** Needs more than a click, because a deleted account cannot be restored. */
function Question({ onCancel }: { onCancel: () => void }) {
  const say = useProfileTexts();
  const me = useMe();
  const currency = useCurrency();
  const navigate = useNavigate();
  const remove = useDeleteSelf();
  const [typed, setTyped] = useState("");
  const send = () =>
    remove.mutate(undefined, {
      // leave the page first: it would redirect to sign-in after signing out
      onSuccess: async () => {
        showDone(say("removed"));
        await navigate("/");
        await signOut();
      },
    });
  return (
    <Stack>
      <Text size="sm">{say("removeLost", { balance: formatQuota(me.quota, currency) })}</Text>
      <TextInput
        label={say("typeName", { name: me.username })}
        autoComplete="off"
        data-autofocus
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <FormError error={remove.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onCancel}>
          {say("cancel")}
        </Button>
        <Button color="red" disabled={typed !== me.username} loading={remove.isPending} onClick={send}>
          {say("remove")}
        </Button>
      </Group>
    </Stack>
  );
}
