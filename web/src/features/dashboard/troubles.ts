import type { components } from "@/api/schema";
import { hasFailed } from "@/features/channels/list/outcomes";

export type Channel = components["schemas"]["ChannelObject"];

export type Trouble = "disabled" | "failed" | "slow" | "poor";

export interface Troubled {
  channel: Channel;
  troubles: Trouble[];
}

/** Milliseconds from which a test counts as slow: the default of the option `ChannelDisableThreshold`. */
const SLOW = 5_000;
/** In the provider's unit. */
const POOR = 1;
const DISABLED = 3;

/** Which of `suspects` need attention and why, disabled channels first. */
export function troubled(suspects: Channel[]): Troubled[] {
  const once = new Map(suspects.map((channel) => [channel.id, channel]));
  return [...once.values()]
    .map((channel) => ({ channel, troubles: troublesOf(channel) }))
    .filter(({ troubles }) => troubles.length > 0)
    .sort((a, b) => weight(b) - weight(a) || a.channel.id - b.channel.id);
}

function troublesOf(channel: Channel): Trouble[] {
  if (channel.status === DISABLED) return ["disabled"];
  const found: [Trouble, boolean][] = [
    ["failed", hasFailed(channel)],
    ["slow", !hasFailed(channel) && channel.response_time >= SLOW],
    // 0 is a balance that was never read
    ["poor", channel.balance_updated_time > 0 && channel.balance < POOR],
  ];
  return found.filter(([, is]) => is).map(([trouble]) => trouble);
}

function weight({ troubles }: Troubled): number {
  return troubles.includes("disabled") ? 10 : troubles.length;
}
