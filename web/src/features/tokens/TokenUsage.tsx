import { Progress, Stack, Text, Tooltip } from "@mantine/core";
import { useCurrency } from "@/app/queries";
import { Quota } from "@/components/Quota";
import { formatQuota } from "@/format/money";
import type { Token } from "./queries";
import { useTokenTexts } from "./texts";

/** How much of its quota a token has used. */
export function TokenUsage({ token }: { token: Token }) {
  const say = useTokenTexts();
  const currency = useCurrency();
  const used = token.used_quota;
  if (token.unlimited_quota) {
    return (
      <Stack gap={2} align="flex-end">
        <Quota value={used} />
        <Text size="xs" c="dimmed">
          {say("unlimited")}
        </Text>
      </Stack>
    );
  }
  const left = Math.max(0, token.remain_quota);
  const total = used + left;
  const share = total > 0 ? (used / total) * 100 : 100;
  const words = say("usedOf", { used: formatQuota(used, currency), total: formatQuota(total, currency) });
  return (
    <Tooltip label={words}>
      <Stack gap={4} miw={110} align="stretch">
        <Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
          {formatQuota(used, currency)} / {formatQuota(total, currency)}
        </Text>
        <Progress.Root size="sm">
          <Progress.Section value={share} color={colorOf(share)} aria-label={words} />
        </Progress.Root>
      </Stack>
    </Tooltip>
  );
}

function colorOf(share: number): string {
  if (share >= 100) return "red";
  return share >= 90 ? "orange" : "teal";
}
