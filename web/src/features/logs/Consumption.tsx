import { ActionIcon, Group, Switch, Text, Tooltip } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useIsFetching } from "@tanstack/react-query";
import { Quota } from "@/components/Quota";
import { useConsumed, useRefresh } from "./queries";
import { useLogTexts } from "./texts";

interface Props {
  asked: Parameters<typeof useConsumed>[0];
  live: boolean;
  onLive: (live: boolean) => void;
}

/** The cost of the matching calls, with a refresh button. */
export function Consumption({ asked, live, onLive }: Props) {
  const say = useLogTexts();
  const { data } = useConsumed(asked);
  const refresh = useRefresh();
  const busy = useIsFetching({ queryKey: ["logs"] }) > 0;
  return (
    <Group justify="space-between" mb="sm" gap="sm">
      <Text component="div">
        <Text span c="dimmed">
          {say("spent")}:{" "}
        </Text>
        <Text span fw={700}>
          {data ? <Quota value={data.quota} /> : "…"}
        </Text>
      </Text>
      <Group gap="xs">
        <Switch
          size="sm"
          label={say("live")}
          checked={live}
          onChange={(event) => onLive(event.currentTarget.checked)}
        />
        <Tooltip label={say("refresh")}>
          <ActionIcon variant="default" aria-label={say("refresh")} loading={busy && !live} onClick={refresh}>
            <IconRefresh size={16} />
          </ActionIcon>
        </Tooltip>
      </Group>
    </Group>
  );
}
