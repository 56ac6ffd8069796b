import { Button, Paper, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Navigate, useSearchParams } from "react-router";
import { api, take } from "@/api/client";
import { signedIn, useSelf } from "@/app/queries";
import { PageHeader } from "@/components/PageHeader";
import { localPath } from "./localPath";
import { useSignInTexts } from "./texts";

export default function SignInPage() {
  const say = useSignInTexts();
  const self = useSelf();
  const [search] = useSearchParams();
  const form = useForm({ initialValues: { username: "", password: "" } });
  const signIn = useMutation({
    mutationFn: (body: { username: string; password: string }) => take(api.POST("/api/user/login", { body })),
    onSuccess: signedIn,
  });
  if (self) return <Navigate to={localPath(search.get("next")) ?? "/dashboard"} replace />;
  return (
    <Paper withBorder p="lg" maw={400} mx="auto" mt="xl">
      <PageHeader title={say("signIn")} />
      <form onSubmit={form.onSubmit((values) => signIn.mutate(values))}>
        <Stack>
          <TextInput
            label={say("username")}
            autoComplete="username"
            required
            {...form.getInputProps("username")}
          />
          <PasswordInput
            label={say("password")}
            autoComplete="current-password"
            required
            {...form.getInputProps("password")}
          />
          <Button type="submit" loading={signIn.isPending}>
            {say("signIn")}
          </Button>
        </Stack>
      </form>
    </Paper>
  );
}
