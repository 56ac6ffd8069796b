import { Alert, Button, Stack } from "@mantine/core";
import { describeError } from "./describeError";
import { useComponentTexts } from "./texts";

/** Shown in place of content that failed to load: the reason, and a retry button. */
export function ErrorState({ error, retry }: { error: unknown; retry: () => void }) {
  const say = useComponentTexts();
  return (
    <Alert color="red" title={say("failed")} role="alert">
      <Stack align="flex-start" gap="sm">
        {describeError(error)}
        <Button variant="default" size="xs" onClick={retry}>
          {say("retry")}
        </Button>
      </Stack>
    </Alert>
  );
}
