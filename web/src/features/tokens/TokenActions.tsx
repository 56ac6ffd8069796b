import { Group } from "@mantine/core";
import { IconPencil, IconPlayerPause, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { useLocation } from "react-router";
import { showDone } from "@/app/notifications";
import { IconAction } from "@/components/IconAction";
import { useConfirm } from "@/components/useConfirm";
import { type Token, useDeleteToken, useSwitchToken } from "./queries";
import { useTokenTexts } from "./texts";
import { TOKEN_STATUS } from "./tokenState";

export function TokenActions({ token }: { token: Token }) {
  const say = useTokenTexts();
  const confirm = useConfirm();
  const { search } = useLocation();
  const switching = useSwitchToken();
  const deleting = useDeleteToken();
  const enabled = token.status === TOKEN_STATUS.enabled;
  const toggle = () =>
    switching.mutate({ id: token.id, status: enabled ? TOKEN_STATUS.disabled : TOKEN_STATUS.enabled });
  const remove = () =>
    confirm({
      title: say("deleteTitle", { name: token.name }),
      text: say("deleteText"),
      confirm: say("delete"),
      onConfirm: () => deleting.mutate(token.id, { onSuccess: () => showDone(say("deleted")) }),
    });
  return (
    <Group gap={2} wrap="nowrap" justify="flex-end">
      <IconAction
        label={say(enabled ? "disable" : "enable")}
        Icon={enabled ? IconPlayerPause : IconPlayerPlay}
        onClick={toggle}
      />
      <IconAction label={say("edit")} Icon={IconPencil} to={`/token/edit/${token.id}${search}`} />
      <IconAction label={say("delete")} Icon={IconTrash} color="red" onClick={remove} />
    </Group>
  );
}
