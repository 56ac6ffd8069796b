import { Button, Group, MultiSelect, NumberInput, Paper, Popover, Stack, Text } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useConfirm } from "@/components/useConfirm";
import { toCommas } from "@/format/lists";
import { useGroups } from "../queries";
import { useChannelTexts } from "../texts";
import type { BatchChange } from "./useBatch";

interface Props {
  count: number;
  busy: boolean;
  onChange: (change: BatchChange) => void;
  onTest: () => void;
  onClear: () => void;
}

/** Actions on the selected channels. */
export function SelectionBar({ count, busy, onChange, onTest, onClear }: Props) {
  const say = useChannelTexts();
  const confirm = useConfirm();
  const askDelete = () =>
    confirm({
      title: say("bulkDeleteTitle", { count }),
      text: say("bulkDeleteText"),
      confirm: say("delete"),
      onConfirm: () => onChange({ action: "delete" }),
    });
  return (
    <Paper withBorder p="xs" mb="md" pos="sticky" top={60} style={{ zIndex: 5 }}>
      <Group gap="xs">
        <Text size="sm" fw={600} aria-live="polite">
          {say("selected", { count })}
        </Text>
        <Button.Group>
          <Button size="xs" variant="default" disabled={busy} onClick={() => onChange({ action: "enable" })}>
            {say("enable")}
          </Button>
          <Button size="xs" variant="default" disabled={busy} onClick={() => onChange({ action: "disable" })}>
            {say("disable")}
          </Button>
          <Button size="xs" variant="default" disabled={busy} onClick={onTest}>
            {say("test")}
          </Button>
        </Button.Group>
        <SetNumber
          title={say("setPriority")}
          count={count}
          busy={busy}
          onApply={(priority) => onChange({ action: "set", priority })}
        />
        <SetNumber
          title={say("setWeight")}
          min={0}
          count={count}
          busy={busy}
          onApply={(weight) => onChange({ action: "set", weight })}
        />
        <SetGroups
          count={count}
          busy={busy}
          onApply={(groups) => onChange({ action: "set", group: toCommas(groups) })}
        />
        <Button size="xs" variant="light" color="red" disabled={busy} onClick={askDelete}>
          {say("delete")}
        </Button>
        <Button size="xs" variant="subtle" color="gray" onClick={onClear}>
          {say("clearSelection")}
        </Button>
      </Group>
    </Paper>
  );
}

interface SetProps<T> {
  count: number;
  busy: boolean;
  onApply: (value: T) => void;
}

function SetNumber({ title, min, ...props }: SetProps<number> & { title: string; min?: number }) {
  const [typed, setTyped] = useState<number | string>("");
  return (
    <SetValue
      {...props}
      title={title}
      value={typeof typed === "number" ? typed : undefined}
      input={
        <NumberInput
          data-autofocus
          label={title}
          allowDecimal={false}
          {...(min === undefined ? {} : { min, allowNegative: false })}
          max={2 ** 31 - 1}
          value={typed}
          onChange={setTyped}
        />
      }
    />
  );
}

function SetGroups(props: SetProps<string[]>) {
  const say = useChannelTexts();
  const [chosen, setChosen] = useState<string[]>([]);
  return (
    <SetValue
      {...props}
      title={say("setGroups")}
      value={chosen.length ? chosen : undefined}
      input={
        <MultiSelect
          data-autofocus
          label={say("setGroups")}
          data={useGroups().data ?? []}
          value={chosen}
          onChange={setChosen}
          comboboxProps={{ withinPortal: false }}
        />
      }
    />
  );
}

/** A button that opens a field for one value; undefined while it is empty. */
function SetValue<T>({
  title,
  input,
  value,
  count,
  busy,
  onApply,
}: SetProps<T> & { title: string; input: ReactNode; value: T | undefined }) {
  const say = useChannelTexts();
  const [opened, setOpened] = useState(false);
  const apply = () => {
    if (value === undefined) return;
    setOpened(false);
    onApply(value);
  };
  return (
    <Popover opened={opened} onChange={setOpened} trapFocus withArrow position="bottom-start">
      <Popover.Target>
        <Button
          size="xs"
          variant="default"
          disabled={busy}
          rightSection={<IconChevronDown size={12} />}
          onClick={() => setOpened(!opened)}
        >
          {title}
        </Button>
      </Popover.Target>
      <Popover.Dropdown miw={240}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            apply();
          }}
        >
          <Stack gap="xs">
            {input}
            <Button size="xs" type="submit" disabled={value === undefined}>
              {say("apply", { count })}
            </Button>
          </Stack>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
