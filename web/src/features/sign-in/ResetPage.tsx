import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { useSearchParams } from "react-router";
import { CopyButton } from "@/components/CopyButton";
import { FormError } from "@/components/form/FormError";
import { LinkButton } from "@/components/LinkButton";
import { useReset } from "./queries";
import { SignInCard } from "./SignInCard";
import { useSignInTexts } from "./texts";

export default function ResetPage() {
  const say = useSignInTexts();
  const [search] = useSearchParams();
  const email = search.get("email") ?? "";
  const token = search.get("token") ?? "";
  return (
    <SignInCard title={say("resetTitle")}>
      {email && token ? <NewPassword email={email} token={token} /> : <Incomplete />}
    </SignInCard>
  );
}

function Incomplete() {
  const say = useSignInTexts();
  return (
    <Stack>
      <Alert color="red">{say("resetIncomplete")}</Alert>
      <LinkButton to="/reset">{say("askAgain")}</LinkButton>
    </Stack>
  );
}

function NewPassword({ email, token }: { email: string; token: string }) {
  const say = useSignInTexts();
  const reset = useReset();
  if (reset.isSuccess) {
    return (
      <Stack>
        <Text size="sm">{say("newPassword", { email })}</Text>
        <Group gap="xs">
          <Code fz="lg">{reset.data}</Code>
          <CopyButton value={reset.data} label={say("copyPassword")} />
        </Group>
        <LinkButton to="/login">{say("signIn")}</LinkButton>
      </Stack>
    );
  }
  return (
    <Stack>
      <Text size="sm">{say("resetConfirm", { email })}</Text>
      <FormError error={reset.error} />
      <Button onClick={() => reset.mutate({ email, token })} loading={reset.isPending}>
        {say("makePassword")}
      </Button>
      {reset.isError && (
        <LinkButton to="/reset" variant="default">
          {say("askAgain")}
        </LinkButton>
      )}
    </Stack>
  );
}
