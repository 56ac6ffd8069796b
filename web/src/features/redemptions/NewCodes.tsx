import { Button, Code, Group, Portal, ScrollArea, Stack, Text } from "@mantine/core";
import { IconDownload, IconPrinter } from "@tabler/icons-react";
import { useCurrency, useStatus } from "@/app/queries";
import { CopyButton } from "@/components/CopyButton";
import { formatQuota } from "@/format/money";
import classes from "./NewCodes.module.css";
import { saveText } from "./saveText";
import { useRedemptionTexts } from "./texts";

interface Props {
  codes: string[];
  name: string;
  quota: number;
  onClose: () => void;
}

/** New codes, to be copied, saved to a file, or printed as cards. */
export function NewCodes({ codes, name, quota, onClose }: Props) {
  const say = useRedemptionTexts();
  const worth = formatQuota(quota, useCurrency());
  const text = codes.join("\n");
  return (
    <Stack>
      <Text size="sm">{say("madeHint", { quota: worth })}</Text>
      <ScrollArea.Autosize mah={320}>
        <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {text}
        </Code>
      </ScrollArea.Autosize>
      <Group justify="space-between">
        <Group gap="xs">
          <CopyButton value={text}>{say("copyAll")}</CopyButton>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconDownload size={16} />}
            onClick={() => saveText(`${name}.txt`, `${text}\n`)}
          >
            {say("download")}
          </Button>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPrinter size={16} />}
            onClick={() => window.print()}
          >
            {say("print")}
          </Button>
        </Group>
        <Button size="xs" onClick={onClose}>
          {say("done")}
        </Button>
      </Group>
      <Cards codes={codes} worth={worth} />
    </Stack>
  );
}

/** The print view, which replaces everything else. */
function Cards({ codes, worth }: { codes: string[]; worth: string }) {
  const say = useRedemptionTexts();
  const { system_name } = useStatus();
  return (
    // a sibling of the modal: printing hides every other child of the body
    <Portal reuseTargetNode={false}>
      <div className={classes.cards} aria-hidden>
        {codes.map((code) => (
          <div key={code} className={classes.card}>
            <strong>
              {system_name} · {worth}
            </strong>
            <code>{code}</code>
            <small>{say("redeemAt", { address: `${window.location.origin}/topup` })}</small>
          </div>
        ))}
      </div>
    </Portal>
  );
}
