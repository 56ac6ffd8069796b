import { Alert, Box, Button, Group, Modal, ScrollArea, Stack, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { showDone } from "@/app/notifications";
import type { Values } from "../options/changes";
import { useSaveOptions } from "../queries";
import { useOptionTexts } from "../texts";
import { usePriceTexts } from "./texts";
import { RATIO_KEYS, type RatioDraft, type RatioDrafts, ratioChanges } from "./useRatioDrafts";

/** Saves all tables together, after a review of the changes. */
export function PriceChanges({ ratios }: { ratios: RatioDrafts }) {
  const say = usePriceTexts();
  const texts = useOptionTexts();
  const [opened, summary] = useDisclosure(false);
  const [refused, setRefused] = useState<Values>({});
  const saving = useSaveOptions();
  const drafts = RATIO_KEYS.map((key) => ratios.drafts[key]);
  const count = sum(drafts.map(({ changed }) => changed.length));
  const invalid = sum(drafts.map(({ invalid }) => invalid));
  const save = async () => {
    const refused = await saving.mutateAsync(ratioChanges(ratios.drafts));
    setRefused(refused);
    ratios.discard(RATIO_KEYS.filter((key) => refused[key] === undefined));
    summary.close();
    if (Object.keys(refused).length === 0) showDone(say("saved"));
  };
  const discard = () => {
    ratios.discard(RATIO_KEYS);
    setRefused({});
  };
  return (
    // stays visible however long the table is
    <Box pos="sticky" bottom={0} py="xs" bg="var(--mantine-color-body)" style={{ zIndex: 1 }}>
      {RATIO_KEYS.filter((key) => refused[key] !== undefined).map((key) => (
        <Alert key={key} color="red" role="alert" mb="sm" title={texts[key].label}>
          {refused[key]}
        </Alert>
      ))}
      <Group gap="xs">
        <Button disabled={count === 0 || invalid > 0} onClick={summary.open}>
          {count === 0 ? say("reviewNone") : say("review", { count })}
        </Button>
        {count > 0 && (
          <Button variant="subtle" color="gray" onClick={discard}>
            {say("discard")}
          </Button>
        )}
        {invalid > 0 && (
          <Text size="sm" c="red" role="alert">
            {say("invalid", { count: invalid })}
          </Text>
        )}
      </Group>
      <Modal opened={opened} onClose={summary.close} size="lg" title={say("summary")}>
        <Text size="sm" c="dimmed" mb="sm">
          {say("summaryHint")}
        </Text>
        <ScrollArea.Autosize mah="50vh">
          <Stack gap="md">
            {drafts
              .filter(({ changed }) => changed.length > 0)
              .map((draft) => (
                <Changed key={draft.key} draft={draft} />
              ))}
          </Stack>
        </ScrollArea.Autosize>
        <Group justify="flex-end" mt="md" gap="xs">
          <Button variant="default" onClick={summary.close}>
            {say("cancel")}
          </Button>
          <Button loading={saving.isPending} onClick={save}>
            {say("save")}
          </Button>
        </Group>
      </Modal>
    </Box>
  );
}

function Changed({ draft }: { draft: RatioDraft }) {
  const say = usePriceTexts();
  const texts = useOptionTexts();
  const removed = say(draft.key === "GroupRatio" ? "removed" : "restored");
  return (
    <Table captionSide="top" verticalSpacing={4}>
      <Table.Caption ta="left" fw={600}>
        {texts[draft.key].label}
      </Table.Caption>
      <Table.Tbody>
        {draft.changed.map(({ name, before, now }) => (
          <Table.Tr key={name}>
            <Table.Td style={{ overflowWrap: "anywhere" }}>{name}</Table.Td>
            <Table.Td ta="right" style={{ fontVariantNumeric: "tabular-nums" }}>
              {before ?? say("new")} → {now ?? removed}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
