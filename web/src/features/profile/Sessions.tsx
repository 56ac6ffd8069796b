import { Badge, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { ErrorState } from "@/components/ErrorState";
import { useConfirm } from "@/components/useConfirm";
import { formatTime } from "@/format/time";
import { browserName } from "./browserName";
import { type Session, useEndSessions, useSessions } from "./queries";
import { Section } from "./Section";
import { useProfileTexts } from "./texts";

/** The account's sessions, each with a button that ends it. */
export function Sessions() {
  const say = useProfileTexts();
  const confirm = useConfirm();
  const sessions = useSessions();
  const end = useEndSessions();
  const endOthers = () =>
    confirm({
      title: say("endOthersTitle"),
      text: say("endOthersText"),
      confirm: say("endOthers"),
      onConfirm: () =>
        end.mutate(undefined, { onSuccess: () => notifications.show({ message: say("othersEnded") }) }),
    });
  return (
    <Section title={say("sessions")} hint={say("sessionsHint")}>
      {sessions.isPending && <Skeleton h={48} />}
      {sessions.isError && <ErrorState error={sessions.error} retry={() => sessions.refetch()} />}
      <Stack gap="xs" w="100%" component="ul" p={0} m={0}>
        {sessions.data?.map((session) => (
          <SessionRow
            key={session.id}
            session={session}
            onEnd={() =>
              end.mutate(session.id, {
                onSuccess: () => notifications.show({ message: say("sessionEnded") }),
              })
            }
          />
        ))}
      </Stack>
      {(sessions.data?.length ?? 0) > 1 && (
        <Button variant="default" onClick={endOthers} loading={end.isPending}>
          {say("endOthers")}
        </Button>
      )}
    </Section>
  );
}

function SessionRow({ session, onEnd }: { session: Session; onEnd: () => void }) {
  const say = useProfileTexts();
  const browser = browserName(session.browser) || say("unknownBrowser");
  return (
    <Group component="li" justify="space-between" wrap="nowrap" style={{ listStyle: "none" }}>
      <Stack gap={0} miw={0}>
        <Text size="sm" truncate title={session.browser}>
          {browser}
        </Text>
        <Text size="xs" c="dimmed">
          {say("lastSeen", { address: session.address, time: formatTime(session.seen_time) })}
        </Text>
      </Stack>
      {session.current ? (
        <Badge variant="light">{say("thisSession")}</Badge>
      ) : (
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          onClick={onEnd}
          aria-label={say("endSessionLabel", { browser })}
        >
          {say("endSession")}
        </Button>
      )}
    </Group>
  );
}
