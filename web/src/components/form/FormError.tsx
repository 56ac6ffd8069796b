import { Alert } from "@mantine/core";
import { describeError } from "../describeError";

/** The error that a form's submission got; renders nothing without one. */
export function FormError({ error }: { error: unknown }) {
  if (!error) return null;
  return (
    <Alert color="red" role="alert" variant="light">
      {describeError(error)}
    </Alert>
  );
}
