import { Button, Code, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { showDone } from "@/app/notifications";
import { useStatus } from "@/app/queries";
import { CopyButton } from "@/components/CopyButton";
import { ErrorState } from "@/components/ErrorState";
import { serverAddress } from "@/format/serverAddress";
import { CopyForMenu } from "./clients/CopyForMenu";
import { wholeKey } from "./clients/clients";
import { TokenForm } from "./form/TokenForm";
import { type Token, useToken } from "./queries";
import { useTokenTexts } from "./texts";

/** The form for a new token, and after that its key. */
export function NewTokenModal({ onClose }: { onClose: () => void }) {
  const say = useTokenTexts();
  const [created, setCreated] = useState<Token>();
  return (
    <Modal
      opened
      onClose={onClose}
      title={say(created ? "createdTitle" : "add")}
      size="lg"
      closeOnClickOutside={false}
    >
      {created ? (
        <NewKey token={created} onClose={onClose} />
      ) : (
        <TokenForm onSaved={setCreated} onCancel={onClose} />
      )}
    </Modal>
  );
}

/** Opens once the token is loaded, so that the first field takes the focus. */
export function EditTokenModal({ id, onClose }: { id: number; onClose: () => void }) {
  const say = useTokenTexts();
  const { data, error, isPending, refetch } = useToken(id);
  const saved = () => {
    showDone(say("saved"));
    onClose();
  };
  return (
    <Modal
      opened={!isPending}
      onClose={onClose}
      title={say("editTitle")}
      size="lg"
      closeOnClickOutside={false}
    >
      {data ? (
        <TokenForm token={data} onSaved={saved} onCancel={onClose} />
      ) : (
        <ErrorState error={error} retry={() => void refetch()} />
      )}
    </Modal>
  );
}

/** Shows a new key and what to do with it. */
function NewKey({ token, onClose }: { token: Token; onClose: () => void }) {
  const say = useTokenTexts();
  const { server_address } = useStatus();
  const key = wholeKey(token.key);
  const baseUrl = `${serverAddress(server_address, window.location.origin)}/v1`;
  return (
    <Stack>
      <Text size="sm">{say("createdHint")}</Text>
      <Copied label={say("key")} value={key} copyLabel={say("copyKey")} />
      <Copied label={say("baseUrl")} value={baseUrl} />
      <Group justify="space-between">
        <CopyForMenu tokenKey={key} />
        <Button onClick={onClose}>{say("done")}</Button>
      </Group>
    </Stack>
  );
}

function Copied({ label, value, copyLabel }: { label: string; value: string; copyLabel?: string }) {
  return (
    <div>
      <Text size="sm" fw={500}>
        {label}
      </Text>
      <Group gap="xs" wrap="nowrap">
        <Code block flex={1} style={{ whiteSpace: "normal", overflowWrap: "anywhere" }}>
          {value}
        </Code>
        <CopyButton value={value} {...(copyLabel ? { label: copyLabel } : {})} />
      </Group>
    </div>
  );
}
