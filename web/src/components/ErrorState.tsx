import { Alert, Button, Stack } from "@mantine/core";
import { describeError } from "./describeError";
import { useComponentTexts } from "./texts";

/** In the place of what could not be loaded: why, and a way to try again. */
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
