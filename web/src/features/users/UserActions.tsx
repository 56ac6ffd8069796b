import { Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconArrowDown,
  IconArrowUp,
  IconCoin,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconTrash,
} from "@tabler/icons-react";
import { useLocation } from "react-router";
import { showDone } from "@/app/notifications";
import { useCurrency, useMe } from "@/app/queries";
import { isAdmin } from "@/app/roles";
import { IconAction } from "@/components/IconAction";
import { useConfirm } from "@/components/useConfirm";
import { formatQuota } from "@/format/money";
import { ENABLED, refusalOf } from "./permissions";
import { type User, type UserAction, useManageUser } from "./queries";
import { TopUpModal } from "./TopUpModal";
import { useUserTexts } from "./texts";

/** The actions on a user; those that are not allowed show why. */
export function UserActions({ user }: { user: User }) {
  const say = useUserTexts();
  const me = useMe();
  const { search } = useLocation();
  const ask = useAsk(user);
  const [toppingUp, topUp] = useDisclosure(false);
  const state = user.status === ENABLED ? "disable" : "enable";
  const rank = isAdmin(user) ? "demote" : "promote";
  const refusal = (action: Parameters<typeof refusalOf>[2]) => {
    const why = refusalOf(me, user, action);
    return why && say(why);
  };
  return (
    <Group gap={2} wrap="nowrap" justify="flex-end">
      <IconAction label={say("topUp")} Icon={IconCoin} refusal={refusal("topUp")} onClick={topUp.open} />
      <IconAction
        label={say("edit")}
        Icon={IconPencil}
        refusal={refusal("edit")}
        to={`/user/edit/${user.id}${search}`}
      />
      <IconAction
        label={say(state)}
        Icon={state === "disable" ? IconPlayerPause : IconPlayerPlay}
        refusal={refusal(state)}
        onClick={() => ask(state)}
      />
      <IconAction
        label={say(rank)}
        Icon={rank === "promote" ? IconArrowUp : IconArrowDown}
        refusal={refusal(rank)}
        onClick={() => ask(rank)}
      />
      <IconAction
        label={say("delete")}
        Icon={IconTrash}
        color="red"
        refusal={refusal("delete")}
        onClick={() => ask("delete")}
      />
      {toppingUp && <TopUpModal user={user} onClose={topUp.close} />}
    </Group>
  );
}

/** Asks for confirmation, then acts. */
function useAsk(user: User): (action: UserAction) => void {
  const say = useUserTexts();
  const confirm = useConfirm();
  const managing = useManageUser();
  const quota = formatQuota(user.quota, useCurrency());
  return (action) =>
    confirm({
      title: say(`${action}Title`, { name: user.username }),
      text: say(`${action}Text`, { quota }),
      confirm: say(action),
      onConfirm: () =>
        managing.mutate({ username: user.username, action }, { onSuccess: () => showDone(say("done")) }),
    });
}
