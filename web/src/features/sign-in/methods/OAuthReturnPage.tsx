import { Alert, Group, Loader, Stack, Text } from "@mantine/core";
import { Suspense, use, useState } from "react";
import { Navigate, useParams, useSearchParams } from "react-router";
import { useSelf } from "@/app/queries";
import { describeError } from "@/components/describeError";
import { LinkButton } from "@/components/LinkButton";
import { comeBack } from "../queries";
import { takeDestination } from "../rememberedVisit";
import { SignInCard } from "../SignInCard";
import { useSignInTexts } from "../texts";
import { useMethodNames } from "./methodNames";
import { isRedirecting, type Redirecting } from "./methods";

/** The page to which GitHub, OIDC and Lark redirect the browser. */
export default function OAuthReturnPage() {
  const say = useSignInTexts();
  const nameOf = useMethodNames();
  const { source } = useParams();
  const [search] = useSearchParams();
  if (!isRedirecting(source)) return <Failed name={source ?? ""} why={say("unknownMethod")} />;
  const name = nameOf(source);
  const code = search.get("code");
  const state = search.get("state");
  if (!code || !state) {
    const why = search.get("error_description") || search.get("error") || say("nothingBrought");
    return <Failed name={name} why={why} />;
  }
  return (
    <Suspense fallback={<Waiting name={name} />}>
      <Outcome source={source} code={code} state={state} />
    </Suspense>
  );
}

function Outcome({ source, code, state }: { source: Redirecting; code: string; state: string }) {
  const nameOf = useMethodNames();
  const outcome = use(comeBack(source, code, state));
  if (outcome.kind === "failed") {
    return <Failed name={nameOf(source)} why={describeError(outcome.error)} />;
  }
  if (outcome.kind === "bound") return <Navigate to="/setting/profile" state={{ bound: source }} replace />;
  return <GoOn />;
}

function GoOn() {
  const [destination] = useState(takeDestination);
  return <Navigate to={destination ?? "/dashboard"} replace />;
}

function Waiting({ name }: { name: string }) {
  const say = useSignInTexts();
  return (
    <SignInCard title={say("signInWith", { name })}>
      <Group>
        <Loader size="sm" />
        <Text>{say("waiting", { name })}</Text>
      </Group>
    </SignInCard>
  );
}

function Failed({ name, why }: { name: string; why: string }) {
  const say = useSignInTexts();
  const self = useSelf();
  return (
    <SignInCard title={say("signInWith", { name })}>
      <Stack>
        <Alert color="red" role="alert" title={say("notSignedIn")}>
          {why}
        </Alert>
        <Text size="sm" c="dimmed">
          {say("tryAgainHint")}
        </Text>
        {self ? (
          <LinkButton to="/setting/profile">{say("backToAccount")}</LinkButton>
        ) : (
          <LinkButton to="/login">{say("backToSignIn")}</LinkButton>
        )}
      </Stack>
    </SignInCard>
  );
}
