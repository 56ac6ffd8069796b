import { Button, Center, Code, Group, Loader, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { confirmDone } from "@/app/complain";
import { useStatus } from "@/app/queries";
import { CopyButton } from "@/components/CopyButton";
import { ErrorState } from "@/components/ErrorState";
import { CopyForMenu } from "./CopyForMenu";
import { serverAddress, wholeKey } from "./clients";
import { type Token, useToken } from "./queries";
import { TokenForm } from "./TokenForm";
import { useTokenTexts } from "./texts";

interface Props {
  /** Which token is edited; none: a new one is made. */
  id?: number;
  onClose: () => void;
}

/** The form over the list, and after a token was made its key. */
export function TokenModal({ id, onClose }: Props) {
  const say = useTokenTexts();
  const [created, setCreated] = useState<Token>();
  const saved = () => {
    confirmDone(say("saved"));
    onClose();
  };
  const title = created ? say("createdTitle") : say(id === undefined ? "add" : "editTitle");
  return (
    <Modal opened onClose={onClose} title={title} size="lg" closeOnClickOutside={false}>
      {created ? (
        <NewKey token={created} onClose={onClose} />
      ) : id === undefined ? (
        <TokenForm onSaved={setCreated} onCancel={onClose} />
      ) : (
        <Edited id={id} onSaved={saved} onCancel={onClose} />
      )}
    </Modal>
  );
}

function Edited({ id, onSaved, onCancel }: { id: number; onSaved: () => void; onCancel: () => void }) {
  const { data, error, refetch, isFetching } = useToken(id);
  if (isFetching) {
    return (
      <Center mih={240}>
        <Loader />
      </Center>
    );
  }
  if (data === undefined) return <ErrorState error={error} retry={() => void refetch()} />;
  return <TokenForm token={data} onSaved={onSaved} onCancel={onCancel} />;
}

/** What to do with a key that was just made. */
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
