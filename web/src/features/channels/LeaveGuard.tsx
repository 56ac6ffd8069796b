import { Button, Group, Modal, Text } from "@mantine/core";
import { useCallback } from "react";
import { useBeforeUnload, useBlocker } from "react-router";
import { useFormTexts } from "./formTexts";

/** Asks before somebody leaves the page, or the site, with something unsaved. */
export function LeaveGuard({ unsaved }: { unsaved: boolean }) {
  const say = useFormTexts();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      unsaved &&
      currentLocation.pathname !== nextLocation.pathname &&
      // the form goes back to the list by itself once it is saved
      !(nextLocation.state as { saved?: unknown } | null)?.saved,
  );
  useBeforeUnload(useCallback((event) => (unsaved ? event.preventDefault() : undefined), [unsaved]));
  return (
    <Modal opened={blocker.state === "blocked"} onClose={() => blocker.reset?.()} title={say("leaveTitle")}>
      <Text size="sm" mb="md">
        {say("leaveText")}
      </Text>
      <Group justify="flex-end">
        <Button variant="default" data-autofocus onClick={() => blocker.reset?.()}>
          {say("stay")}
        </Button>
        <Button color="red" onClick={() => blocker.proceed?.()}>
          {say("leave")}
        </Button>
      </Group>
    </Modal>
  );
}
