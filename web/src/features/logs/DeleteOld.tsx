import { Button, Popover, Stack } from "@mantine/core";
import { DatePickerInput } from "@mantine/dates";
import { useDisclosure } from "@mantine/hooks";
import { IconTrash } from "@tabler/icons-react";
import dayjs from "dayjs";
import { useState } from "react";
import { showDone } from "@/app/notifications";
import { useConfirm } from "@/components/useConfirm";
import { dateLocale } from "@/format/dateLocale";
import { useDeleteBefore } from "./queries";
import { useLogTexts } from "./texts";

/** Asks for a day, then for confirmation to delete all older rows. */
export function DeleteOld() {
  const say = useLogTexts();
  const ask = useConfirm();
  const remove = useDeleteBefore();
  const [opened, popover] = useDisclosure(false);
  const [day, setDay] = useState<string | null>(null);
  const confirm = (chosen: string) => {
    popover.close();
    ask({
      title: say("deleteTitle", { day: chosen }),
      text: say("deleteText", { day: chosen }),
      confirm: say("delete"),
      onConfirm: () =>
        remove.mutate(dayjs(chosen).startOf("day").unix(), {
          onSuccess: (count) => showDone(say("deleted", { count })),
        }),
    });
  };
  return (
    <Popover opened={opened} onChange={popover.toggle} trapFocus withArrow shadow="md" position="bottom-end">
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconTrash size={16} />}
          loading={remove.isPending}
          onClick={popover.toggle}
        >
          {say("deleteOld")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="sm">
          <DatePickerInput
            locale={dateLocale()}
            label={say("before")}
            valueFormat="YYYY-MM-DD"
            maxDate={new Date()}
            popoverProps={{ withinPortal: false }}
            value={day}
            onChange={setDay}
          />
          <Button color="red" disabled={!day} onClick={() => day && confirm(day)}>
            {say("delete")}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
