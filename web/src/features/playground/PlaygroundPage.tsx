import { Button, Center, Loader } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMe } from "@/app/queries";
import { isAdmin } from "@/app/roles";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { LinkButton } from "@/components/LinkButton";
import { PageHeader } from "@/components/PageHeader";
import { useConfirm } from "@/components/useConfirm";
import { CodeButton } from "./CodeButton";
import {
  bodyOf,
  type Message,
  modelsFor,
  NOTHING_SET,
  type Settings,
  upToLastQuestion,
} from "./chat/messages";
import { useChat } from "./chat/useChat";
import { Composer } from "./conversation/Composer";
import { Conversation } from "./conversation/Conversation";
import { type Token, useModels, useUsableTokens } from "./queries";
import { SettingsBar } from "./SettingsBar";
import { usePlaygroundTexts } from "./texts";
import { useTabState } from "./useTabState";

/** The question in the code example before anything was asked. */
const HELLO: Message[] = [{ role: "user", text: "Hello!" }];

export default function PlaygroundPage() {
  const say = usePlaygroundTexts();
  const models = useModels();
  const tokens = useUsableTokens();
  return (
    <>
      <PageHeader title={say("title")} />
      {models.isError ? (
        <ErrorState error={models.error} retry={models.refetch} />
      ) : tokens.isError ? (
        <ErrorState error={tokens.error} retry={tokens.refetch} />
      ) : !models.data || !tokens.data ? (
        <Center mih="30vh">
          <Loader />
        </Center>
      ) : models.data.length === 0 ? (
        <NoModels />
      ) : (
        <Playground available={models.data} tokens={tokens.data} />
      )}
    </>
  );
}

function NoModels() {
  const say = usePlaygroundTexts();
  const add = isAdmin(useMe()) && <LinkButton to="/channel/add">{say("addChannel")}</LinkButton>;
  return <EmptyState title={say("noModels")} hint={say("noModelsHint")} action={add} />;
}

function isSettings(kept: unknown): kept is Settings {
  return typeof kept === "object" && kept !== null && Object.keys(NOTHING_SET).every((name) => name in kept);
}

function Playground({ available, tokens }: { available: string[]; tokens: Token[] }) {
  const say = usePlaygroundTexts();
  const confirm = useConfirm();
  const [kept, setKept] = useTabState("settings", NOTHING_SET, isSettings);
  const token = tokens.find((each) => each.id === kept.tokenId);
  const models = modelsFor(available, token);
  const model = models.includes(kept.model) ? kept.model : (models[0] ?? "");
  const settings = { ...kept, tokenId: token?.id ?? 0, model };
  const chat = useChat(settings, token ? `sk-${token.key}` : null);
  const asked = upToLastQuestion(chat.messages);
  const clear = () =>
    confirm({
      title: say("clearTitle"),
      text: say("clearText"),
      confirm: say("clear"),
      onConfirm: chat.clear,
    });
  return (
    <>
      <SettingsBar
        settings={settings}
        change={(changed) => setKept((current) => ({ ...current, ...changed }))}
        models={models}
        tokens={tokens}
      >
        <CodeButton body={bodyOf(settings, asked.length > 0 ? asked : HELLO)} token={token} />
        <Button
          variant="default"
          leftSection={<IconTrash size={16} />}
          disabled={chat.live !== null || chat.messages.length === 0}
          onClick={clear}
        >
          {say("clear")}
        </Button>
      </SettingsBar>
      <Conversation chat={chat} withToken={token !== undefined} />
      <Composer busy={chat.live !== null} disabled={model === ""} ask={chat.ask} stop={chat.stop} />
    </>
  );
}
