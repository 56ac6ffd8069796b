import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useLocation } from "react-router";
import { showDone } from "@/app/notifications";
import { useMe, useStatus } from "@/app/queries";
import { MethodIcon } from "../sign-in/methods/MethodIcon";
import { useMethodNames } from "../sign-in/methods/methodNames";
import { isRedirecting, startOf } from "../sign-in/methods/methods";
import { WeChatDialog } from "../sign-in/methods/WeChatDialog";
import { type Binding, bindingsOf } from "./bindings";
import { useBindWeChat } from "./queries";
import { Section } from "./Section";
import { useProfileTexts } from "./texts";

/** External accounts for signing in; hidden if none are available. */
export function Bindings() {
  const say = useProfileTexts();
  const nameOf = useMethodNames();
  const bound = useLocation().state?.bound;
  const bindings = bindingsOf(useMe(), useStatus());
  if (bindings.length === 0) return null;
  return (
    <Section title={say("ways")}>
      {/* set after binding, see OAuthReturnPage */}
      {isRedirecting(bound) && (
        <Alert color="teal" role="status">
          {say("boundDone", { name: nameOf(bound) })}
        </Alert>
      )}
      <Stack gap="xs" w="100%">
        {bindings.map((binding) => (
          <Group key={binding.method} justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap" miw={0}>
              <MethodIcon method={binding.method} />
              <Stack gap={0} miw={0}>
                <Text>{nameOf(binding.method)}</Text>
                <Text size="sm" c="dimmed" truncate>
                  {binding.id ? say("bound", { id: binding.id }) : say("notBound")}
                </Text>
              </Stack>
            </Group>
            {binding.on && <Bind {...binding} />}
          </Group>
        ))}
      </Stack>
    </Section>
  );
}

function Bind({ method, id }: Binding) {
  const say = useProfileTexts();
  const nameOf = useMethodNames();
  const action = say(id ? "bindAnother" : "bind");
  const label = say("bindLabel", { action, name: nameOf(method) });
  if (method === "wechat") return <BindWeChat action={action} label={label} />;
  return (
    <Button component="a" href={startOf(method)} variant="default" size="xs" aria-label={label}>
      {action}
    </Button>
  );
}

function BindWeChat({ action, label }: { action: string; label: string }) {
  const say = useProfileTexts();
  const nameOf = useMethodNames();
  const [opened, dialog] = useDisclosure(false);
  const bind = useBindWeChat();
  const done = () => {
    dialog.close();
    showDone(say("boundDone", { name: nameOf("wechat") }));
  };
  return (
    <>
      <Button variant="default" size="xs" aria-label={label} onClick={dialog.open}>
        {action}
      </Button>
      <WeChatDialog
        opened={opened}
        onClose={dialog.close}
        onCode={(code) => bind.mutate(code, { onSuccess: done })}
        pending={bind.isPending}
        error={bind.error}
      />
    </>
  );
}
