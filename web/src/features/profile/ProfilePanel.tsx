import { Divider, Stack } from "@mantine/core";
import { useMe } from "@/app/queries";
import { isRoot } from "@/app/roles";
import { AccessToken } from "./AccessToken";
import { Bindings } from "./Bindings";
import { DeleteAccount } from "./DeleteAccount";
import { EmailForm } from "./EmailForm";
import { NamesForm } from "./NamesForm";
import { PasswordForm } from "./PasswordForm";
import { Sessions } from "./Sessions";

/** One's own account: names, password, bindings, sessions, access token, deletion. */
export default function ProfilePanel() {
  const me = useMe();
  return (
    <Stack gap="xl" maw={560}>
      {me.first_password && <PasswordForm />}
      <NamesForm key={`${me.username} ${me.display_name}`} />
      {!me.first_password && <PasswordForm />}
      <EmailForm />
      <Bindings />
      <Sessions />
      <AccessToken />
      {!isRoot(me) && (
        <>
          <Divider />
          <DeleteAccount />
        </>
      )}
    </Stack>
  );
}
