import { Code, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import { CopyButton } from "@/components/CopyButton";
import { IconAction } from "@/components/IconAction";
import { CopyForMenu } from "./clients/CopyForMenu";
import { maskedKey, wholeKey } from "./clients/clients";
import type { Token } from "./queries";
import { useTokenTexts } from "./texts";

/** A token's key, hidden until requested. */
export function TokenKey({ token }: { token: Token }) {
  const say = useTokenTexts();
  const [shown, { toggle }] = useDisclosure(false);
  const key = wholeKey(token.key);
  return (
    <Group gap={4} wrap="nowrap" display="inline-flex">
      <Code style={{ overflowWrap: "anywhere", minWidth: 0 }}>{shown ? key : maskedKey(token.key)}</Code>
      <IconAction
        label={say(shown ? "hideKey" : "showKey")}
        Icon={shown ? IconEyeOff : IconEye}
        onClick={toggle}
      />
      <CopyButton value={key} label={say("copyKey")} />
      <CopyForMenu tokenKey={key} />
    </Group>
  );
}
