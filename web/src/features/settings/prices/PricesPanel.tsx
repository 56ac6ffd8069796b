import { Paper, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { UnsavedGuard } from "@/components/form/UnsavedGuard";
import { useListParams } from "@/components/list/useListParams";
import type { Values } from "../options/changes";
import { SECTIONS } from "../options/fields";
import { OptionsForm } from "../options/OptionsForm";
import { useOptionEdits } from "../options/useOptionEdits";
import { useOptionTexts, useSettingsTexts } from "../texts";
import { PriceChanges } from "./PriceChanges";
import { RatioTable } from "./RatioTable";
import { RatioTools } from "./RatioTools";
import { usePriceTexts } from "./texts";
import { RATIO_KEYS, useRatioDrafts } from "./useRatioDrafts";

const FILTERS = { table: "ModelRatio", keyword: "", changed: "" };
const OTHERS = SECTIONS.prices.filter(({ name }) => name !== "ratios");

/** What calls cost: the tables of ratios, and the policy for models without one. */
export default function PricesPanel({ stored }: { stored: Values }) {
  const say = useSettingsTexts();
  const sayPrice = usePriceTexts();
  const texts = useOptionTexts();
  const list = useListParams(FILTERS);
  const edits = useOptionEdits(stored);
  const ratios = useRatioDrafts(stored);
  const key = RATIO_KEYS.find((key) => key === list.filters.table) ?? "ModelRatio";
  const change = (next: ReadonlyMap<string, string>) => ratios.change(key, next);
  const changed = RATIO_KEYS.some((key) => ratios.drafts[key].changed.length > 0);
  return (
    <Stack>
      <Paper withBorder p="md">
        <Stack gap="md">
          <Title order={2} size="h4">
            {say("ratios")}
          </Title>
          <SegmentedControl
            aria-label={sayPrice("table")}
            data={RATIO_KEYS.map((key) => ({ value: key, label: texts[key].label }))}
            value={key}
            onChange={(table) => list.setFilters({ table, keyword: "", changed: "" })}
            style={{ alignSelf: "flex-start" }}
          />
          <Text size="sm" c="dimmed" maw={720}>
            {texts[key].help}
          </Text>
          <RatioTools key={key} draft={ratios.drafts[key]} onChange={change} list={list} />
          <RatioTable draft={ratios.drafts[key]} drafts={ratios.drafts} onChange={change} list={list} />
          <PriceChanges ratios={ratios} />
        </Stack>
      </Paper>
      {OTHERS.map((section) => (
        <OptionsForm key={section.name} section={section} edits={edits} />
      ))}
      <UnsavedGuard unsaved={changed || OTHERS.some(({ fields }) => edits.changes(fields).length > 0)} />
    </Stack>
  );
}
