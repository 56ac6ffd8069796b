import { Stack } from "@mantine/core";
import { UnsavedGuard } from "@/components/form/UnsavedGuard";
import { Installation } from "../Installation";
import { SectionExtras } from "../SectionExtras";
import type { Values } from "./changes";
import { type OptionsTab, SECTIONS } from "./fields";
import { OptionsForm } from "./OptionsForm";
import { useOptionEdits } from "./useOptionEdits";

/** All sections of a tab. */
export function OptionsPanel({ tab, stored }: { tab: OptionsTab; stored: Values }) {
  const edits = useOptionEdits(stored);
  const sections = SECTIONS[tab];
  return (
    <Stack>
      {sections.map((section) => (
        <OptionsForm key={section.name} section={section} edits={edits}>
          <SectionExtras section={section} />
        </OptionsForm>
      ))}
      {tab === "other" && <Installation />}
      <UnsavedGuard unsaved={sections.some(({ fields }) => edits.changes(fields).length > 0)} />
    </Stack>
  );
}
