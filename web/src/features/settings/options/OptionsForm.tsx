import { Button, Card, Group, Stack, Title } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { useSettingsTexts } from "../texts";
import type { Section } from "./fields";
import { OptionField } from "./OptionField";
import type { OptionEdits } from "./useOptionEdits";

interface Props {
  section: Section;
  edits: OptionEdits;
  /** Content below the fields that is not an option. */
  children?: ReactNode;
}

/** One section of options; only changes are sent. */
export function OptionsForm({ section, edits, children }: Props) {
  const say = useSettingsTexts();
  const { name, fields } = section;
  const changed = edits.changes(fields).length;
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (changed > 0) void edits.save(fields);
  };
  return (
    <Card withBorder component="form" onSubmit={save} noValidate aria-labelledby={`section-${name}`}>
      <Stack gap="md">
        <Title order={2} size="h4" id={`section-${name}`}>
          {say(name)}
        </Title>
        {fields.map((field) => (
          <OptionField
            key={field.key}
            field={field}
            value={edits.value(field.key)}
            error={edits.error(field.key)}
            onChange={(value) => edits.change(field.key, value)}
          />
        ))}
        {children}
        <Group gap="xs">
          <Button type="submit" disabled={changed === 0} loading={edits.saving && changed > 0}>
            {changed > 1 ? say("saveChangesMany", { count: changed }) : say("saveChanges")}
          </Button>
          {changed > 0 && (
            <Button variant="subtle" color="gray" onClick={() => edits.discard(fields)}>
              {say("discard")}
            </Button>
          )}
        </Group>
      </Stack>
    </Card>
  );
}
