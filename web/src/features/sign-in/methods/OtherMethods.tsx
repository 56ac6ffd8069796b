import { Button, Divider, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useStatus } from "@/app/queries";
import { useWeChatSignIn } from "../queries";
import { keepDestination } from "../rememberedVisit";
import { useSignInTexts } from "../texts";
import { MethodIcon } from "./MethodIcon";
import { useMethodNames } from "./methodNames";
import { methodsOn, startOf } from "./methods";
import { WeChatDialog } from "./WeChatDialog";

/** A button for every external sign-in method; `next` is the page to open afterwards. */
export function OtherMethods({ next }: { next: string | null }) {
  const say = useSignInTexts();
  const nameOf = useMethodNames();
  const methods = methodsOn(useStatus());
  if (methods.length === 0) return null;
  return (
    <Stack gap="xs" mt="lg">
      <Divider label={say("or")} />
      {methods.map((method) =>
        method === "wechat" ? (
          <WeChat key={method} />
        ) : (
          <Button
            key={method}
            component="a"
            href={startOf(method)}
            onClick={() => keepDestination(next)}
            variant="default"
            leftSection={<MethodIcon method={method} />}
          >
            {say("signInWith", { name: nameOf(method) })}
          </Button>
        ),
      )}
    </Stack>
  );
}

function WeChat() {
  const say = useSignInTexts();
  const nameOf = useMethodNames();
  const [opened, dialog] = useDisclosure(false);
  const signIn = useWeChatSignIn();
  return (
    <>
      <Button variant="default" leftSection={<MethodIcon method="wechat" />} onClick={dialog.open}>
        {say("signInWith", { name: nameOf("wechat") })}
      </Button>
      <WeChatDialog
        opened={opened}
        onClose={dialog.close}
        onCode={(code) => signIn.mutate(code)}
        pending={signIn.isPending}
        error={signIn.error}
      />
    </>
  );
}
