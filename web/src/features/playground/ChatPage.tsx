import { useStatus } from "@/app/queries";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/LinkButton";
import { PageHeader } from "@/components/PageHeader";
import { usePlaygroundTexts } from "./texts";

/** Height of the console's header and the page's own, with margins. */
const ABOVE = 136;

/** The operator's chat application. */
export default function ChatPage() {
  const say = usePlaygroundTexts();
  const { chat_link } = useStatus();
  return (
    <>
      <PageHeader title={say("chat")} />
      {chat_link ? (
        <iframe
          src={chat_link}
          title={say("chat")}
          style={{ display: "block", width: "100%", height: `calc(100dvh - ${ABOVE}px)`, border: 0 }}
        />
      ) : (
        <EmptyState
          title={say("noChat")}
          hint={say("noChatHint")}
          action={<LinkButton to="/playground">{say("toPlayground")}</LinkButton>}
        />
      )}
    </>
  );
}
