import { ActionIcon, Group, Menu, ScrollArea, TextInput, Tooltip } from "@mantine/core";
import {
  IconChevronDown,
  IconCopy,
  IconDots,
  IconPencil,
  IconPlayerPlay,
  IconPower,
  IconTrash,
} from "@tabler/icons-react";
import { useState } from "react";
import { Link, useLocation } from "react-router";
import { showDone } from "@/app/notifications";
import { useConfirm } from "@/components/useConfirm";
import { fromCommas } from "@/format/lists";
import { type Channel, STATUS, useCopyChannel, useDeleteChannel, useUpdateChannel } from "../queries";
import { useChannelTexts } from "../texts";
import { useTest } from "./useTest";

interface Props {
  channel: Channel;
  testable: boolean;
  onDeleted: () => void;
}

/** The actions on one channel. */
export function RowActions({ channel, testable, onDeleted }: Props) {
  const say = useChannelTexts();
  const { search } = useLocation();
  const { name } = channel;
  return (
    <Group gap={2} wrap="nowrap" justify="flex-end">
      {testable && <TestActions channel={channel} />}
      <Tooltip label={say("edit")}>
        <ActionIcon
          component={Link}
          to={`/channel/edit/${channel.id}`}
          state={{ back: search }}
          variant="subtle"
          color="gray"
          aria-label={say("editOf", { name })}
        >
          <IconPencil size={16} />
        </ActionIcon>
      </Tooltip>
      <MoreActions channel={channel} onDeleted={onDeleted} />
    </Group>
  );
}

/** Models shown in a menu at a time; the rest is found by typing. */
const SHOWN = 50;

function TestActions({ channel }: { channel: Channel }) {
  const say = useChannelTexts();
  const { test, isPending } = useTest();
  const [wanted, setWanted] = useState("");
  const { name } = channel;
  const models = fromCommas(channel.models);
  const found = models.filter((model) => model.toLowerCase().includes(wanted.trim().toLowerCase()));
  return (
    <Group gap={0} wrap="nowrap">
      <Tooltip label={say("test")}>
        <ActionIcon
          variant="subtle"
          aria-label={say("testOf", { name })}
          loading={isPending}
          onClick={() => test(channel)}
        >
          <IconPlayerPlay size={16} />
        </ActionIcon>
      </Tooltip>
      <Menu position="bottom-end" onClose={() => setWanted("")} withinPortal>
        <Menu.Target>
          <Tooltip label={say("testWith")}>
            <ActionIcon
              variant="subtle"
              w={18}
              miw={18}
              aria-label={say("chooseModel", { name })}
              disabled={isPending || models.length === 0}
            >
              <IconChevronDown size={12} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown maw={340}>
          <Menu.Label>{say("testWith")}</Menu.Label>
          {models.length > 8 && (
            <TextInput
              size="xs"
              m={4}
              aria-label={say("findModel")}
              placeholder={say("findModel")}
              value={wanted}
              onChange={(event) => setWanted(event.currentTarget.value)}
            />
          )}
          <ScrollArea.Autosize mah={280}>
            {found.slice(0, SHOWN).map((model) => (
              <Menu.Item key={model} onClick={() => test(channel, model)}>
                {model}
              </Menu.Item>
            ))}
            {found.length > SHOWN && (
              <Menu.Label>{say("moreModels", { count: found.length - SHOWN })}</Menu.Label>
            )}
          </ScrollArea.Autosize>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

function MoreActions({ channel, onDeleted }: Omit<Props, "testable">) {
  const say = useChannelTexts();
  const confirm = useConfirm();
  const copy = useCopyChannel();
  const update = useUpdateChannel();
  const remove = useDeleteChannel();
  const { id, name } = channel;
  const on = channel.status === STATUS.enabled;

  const askDelete = () =>
    confirm({
      title: say("deleteTitle", { name }),
      text: say("deleteText"),
      confirm: say("delete"),
      onConfirm: () =>
        remove.mutate(id, {
          onSuccess: () => {
            onDeleted();
            showDone(say("deleted", { name }));
          },
        }),
    });
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={say("more", { name })}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconPower size={14} />}
          onClick={() => update.mutate({ id, status: on ? STATUS.disabledByHand : STATUS.enabled })}
        >
          {say(on ? "disable" : "enable")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconCopy size={14} />}
          onClick={() =>
            copy.mutate(id, { onSuccess: (made) => showDone(say("copied", { name: made.name })) })
          }
        >
          {say("copy")}
        </Menu.Item>
        <Menu.Item color="red" leftSection={<IconTrash size={14} />} onClick={askDelete}>
          {say("delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
