import { Anchor, Badge, Group, Paper, Skeleton, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";
import { ErrorState } from "@/components/ErrorState";
import { formatDuration } from "@/format/time";
import { useSuspects } from "./queries";
import { useDashboardTexts } from "./texts";
import { type Trouble, type Troubled, troubled } from "./troubles";

const SHOWN = 8;
const COLOURS: Record<Trouble, string> = { disabled: "red", failed: "red", slow: "orange", poor: "orange" };

export function TroubledChannels() {
  const say = useDashboardTexts();
  const query = useSuspects();
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="attention">
      <Title order={2} size="h4" mb="xs" id="attention">
        {say("attention")}
      </Title>
      {query.isPending && <Skeleton h={24} aria-busy />}
      {query.isError && !query.data && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.data && <Listed found={troubled(query.data)} />}
    </Paper>
  );
}

function Listed({ found }: { found: Troubled[] }) {
  const say = useDashboardTexts();
  if (found.length === 0) return <Text c="dimmed">{say("fine")}</Text>;
  return (
    <Stack gap={6}>
      {found.slice(0, SHOWN).map((each) => (
        <One key={each.channel.id} {...each} />
      ))}
      {found.length > SHOWN && (
        <Anchor component={Link} to="/channel" size="sm">
          {say("more", { count: found.length - SHOWN })}
        </Anchor>
      )}
    </Stack>
  );
}

function One({ channel, troubles }: Troubled) {
  const say = useDashboardTexts();
  const values = {
    time: formatDuration(channel.response_time),
    balance: channel.balance.toFixed(2),
  };
  return (
    <Group gap="xs">
      <Anchor component={Link} to={`/channel/edit/${channel.id}`} style={{ overflowWrap: "anywhere" }}>
        {channel.name || `#${channel.id}`}
      </Anchor>
      {troubles.map((trouble) => (
        <Badge key={trouble} color={COLOURS[trouble]} variant="light" tt="none">
          {say(trouble, values)}
        </Badge>
      ))}
    </Group>
  );
}
