import { Alert } from "@mantine/core";
import { describeError } from "../describeError";

/** Why what a form sent was refused, at the form; nothing while there is no error. */
export function FormError({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <Alert color="red" role="alert" variant="light">
      {describeError(error)}
    </Alert>
  );
}
