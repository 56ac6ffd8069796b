import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconPlayerPlay, IconTrash, IconWallet } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { showDone } from "@/app/notifications";
import { useConfirm } from "@/components/useConfirm";
import { countDisabled, useDeleteDisabled } from "../queries";
import { useChannelTexts } from "../texts";
import { type Run, readBalances, testAll } from "./runs";

/** Actions on all channels, whether or not the list shows them. */
export function WholeListMenu({ tests, balances }: { tests: Run; balances: Run }) {
  const say = useChannelTexts();
  const confirm = useConfirm();
  const remove = useDeleteDisabled();
  const count = useMutation({ mutationFn: countDisabled });
  const testing = tests.isStarting || tests.report?.running;
  const balancing = balances.isStarting || balances.report?.running;

  const askDelete = (disabled: number) => {
    if (disabled === 0) {
      showDone(say("noneDisabled"));
      return;
    }
    confirm({
      title: say("deleteDisabledTitle", { count: disabled }),
      text: say("deleteDisabledText"),
      confirm: say("delete"),
      onConfirm: () =>
        remove.mutate(undefined, {
          onSuccess: (deleted) => showDone(say("deletedMany", { count: deleted })),
        }),
    });
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button variant="default" rightSection={<IconChevronDown size={14} />}>
          {say("all")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconPlayerPlay size={14} />}
          disabled={testing ?? false}
          onClick={() => tests.begin(testAll("all"))}
        >
          {say("testAll")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconPlayerPlay size={14} />}
          disabled={testing ?? false}
          onClick={() => tests.begin(testAll("disabled"))}
        >
          {say("testDisabled")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconWallet size={14} />}
          disabled={balancing ?? false}
          onClick={() => balances.begin(readBalances)}
        >
          {say("readBalances")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={14} />}
          onClick={() => count.mutate(undefined, { onSuccess: askDelete })}
        >
          {say("deleteDisabled")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
