import { Button, Group, Modal, Text } from "@mantine/core";
import { useBeforeUnload, useBlocker } from "react-router";
import { useComponentTexts } from "../texts";

/** Asks before leaving the page or the site while `unsaved`. A navigation right after saving carries a mark in its state. */
export function UnsavedGuard({ unsaved }: { unsaved: boolean }) {
  const say = useComponentTexts();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      unsaved &&
      currentLocation.pathname !== nextLocation.pathname &&
      !(nextLocation.state as { saved?: unknown } | null)?.saved,
  );
  useBeforeUnload((event) => {
    if (unsaved) event.preventDefault();
  });
  const stay = () => blocker.reset?.();
  return (
    <Modal opened={blocker.state === "blocked"} onClose={stay} title={say("leaveTitle")}>
      <Text size="sm">{say("leaveText")}</Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={stay} data-autofocus>
          {say("stay")}
        </Button>
        <Button color="red" onClick={() => blocker.proceed?.()}>
          {say("leave")}
        </Button>
      </Group>
    </Modal>
  );
}
