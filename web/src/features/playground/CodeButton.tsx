import { Box, Button, Code, Group, Modal, Stack, Switch, Tabs, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCode } from "@tabler/icons-react";
import { useState } from "react";
import { CopyButton } from "@/components/CopyButton";
import type { ChatBody } from "./chat/messages";
import { asCurl, asPython } from "./examples";
import type { Token } from "./queries";
import { usePlaygroundTexts } from "./texts";

/** Shows the call as code. `token`: the calling token, if any. */
export function CodeButton({ body, token }: { body: ChatBody; token: Token | undefined }) {
  const say = usePlaygroundTexts();
  const [opened, modal] = useDisclosure(false);
  return (
    <>
      <Button variant="default" leftSection={<IconCode size={16} />} onClick={modal.open}>
        {say("code")}
      </Button>
      <Modal opened={opened} onClose={modal.close} title={say("codeTitle")} size="xl">
        <CodeOf body={body} token={token} />
      </Modal>
    </>
  );
}

function CodeOf({ body, token }: { body: ChatBody; token: Token | undefined }) {
  const say = usePlaygroundTexts();
  // always opens without the key: it is shown only on request
  const [withKey, setWithKey] = useState(false);
  const key = withKey && token ? `sk-${token.key}` : null;
  const { origin } = window.location;
  const codes = { curl: asCurl(origin, body, key), Python: asPython(origin, body, key) };
  return (
    <Stack gap="sm">
      {token ? (
        <Switch
          label={say("includeKey", { name: token.name || `#${token.id}` })}
          description={say("includeKeyHint")}
          checked={withKey}
          onChange={(event) => setWithKey(event.currentTarget.checked)}
        />
      ) : (
        <Text size="sm" c="dimmed">
          {say("codeKey")}
        </Text>
      )}
      <Tabs defaultValue="curl">
        <Tabs.List>
          {Object.keys(codes).map((name) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {Object.entries(codes).map(([name, code]) => (
          <Tabs.Panel key={name} value={name} pt="sm">
            <Group justify="flex-end" mb="xs">
              <CopyButton value={code}>{say("copyCode")}</CopyButton>
            </Group>
            <Box mah="50vh" style={{ overflow: "auto" }}>
              <Code block>{code}</Code>
            </Box>
          </Tabs.Panel>
        ))}
      </Tabs>
    </Stack>
  );
}
