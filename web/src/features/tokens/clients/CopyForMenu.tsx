import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconExternalLink, IconShare, IconTerminal2 } from "@tabler/icons-react";
import { showDone } from "@/app/notifications";
import { useStatus } from "@/app/queries";
import { serverAddress } from "@/format/serverAddress";
import { useTokenTexts } from "../texts";
import { clientLinks, curlLine, environment } from "./clients";

/** Copies a key for a shell or for a well-known client. */
export function CopyForMenu({ tokenKey }: { tokenKey: string }) {
  const say = useTokenTexts();
  const status = useStatus();
  const clipboard = useClipboard();
  const access = { key: tokenKey, server: serverAddress(status.server_address, window.location.origin) };
  const links = clientLinks(access, status.chat_link);
  const copy = (text: string) => {
    clipboard.copy(text);
    showDone(say("copied"));
  };
  return (
    <Menu>
      <Menu.Target>
        <Tooltip label={say("copyFor")}>
          <ActionIcon variant="subtle" color="gray" aria-label={say("copyFor")}>
            <IconShare size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{say("copyFor")}</Menu.Label>
        <Menu.Item leftSection={<IconTerminal2 size={16} />} onClick={() => copy(environment(access))}>
          {say("asEnvironment")}
        </Menu.Item>
        <Menu.Item leftSection={<IconTerminal2 size={16} />} onClick={() => copy(curlLine(access))}>
          {say("asCurl")}
        </Menu.Item>
        <Menu.Label>{say("copyLinkFor")}</Menu.Label>
        {links.map(({ name, href }) => (
          <Menu.Item key={name} onClick={() => copy(href)}>
            {name}
          </Menu.Item>
        ))}
        <Menu.Label>{say("openIn")}</Menu.Label>
        {links.map(({ name, href }) => (
          <Menu.Item
            key={name}
            component="a"
            href={href}
            target="_blank"
            rel="noreferrer"
            rightSection={<IconExternalLink size={14} aria-hidden />}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
