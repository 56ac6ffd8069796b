import { Alert, Button, Group } from "@mantine/core";
import { useLocation, useNavigate } from "react-router";
import { type Run, testSome } from "../bulk/runs";
import { useTest } from "../list/useTest";
import { useChannelTexts } from "../texts";

/** What the form passes to the list when it returns there. */
export interface Saved {
  ids: number[];
  name: string;
  testable: boolean;
}

/** Confirms that the channel was saved, and offers to test it. */
export function SavedNotice({ tests }: { tests: Run }) {
  const say = useChannelTexts();
  const { test } = useTest();
  const navigate = useNavigate();
  const { state, search } = useLocation() as { state: { saved?: Saved } | null; search: string };
  const saved = state?.saved;
  if (!saved) return null;
  const { ids, name, testable } = saved;
  const [id] = ids;
  const dismiss = () => void navigate({ search }, { replace: true, state: null });
  const testNow = () => {
    if (ids.length > 1) tests.begin(testSome(ids));
    else if (id !== undefined) test({ id, name });
    dismiss();
  };
  const many = ids.length > 1;
  return (
    <Alert
      color="teal"
      mb="md"
      role="status"
      withCloseButton
      closeButtonLabel={say("dismiss")}
      onClose={dismiss}
    >
      <Group gap="sm">
        {many ? say("savedMany", { name, count: ids.length }) : say("saved", { name })}
        {testable && id !== undefined && (
          <Button size="xs" onClick={testNow}>
            {say(many ? "testThemNow" : "testNow")}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
