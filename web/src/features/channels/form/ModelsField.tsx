import { Button, Group, TagsInput } from "@mantine/core";
import { CopyButton } from "@/components/CopyButton";
import { toCommas } from "@/format/lists";
import { useLanguage } from "@/i18n";
import { type ChannelType, useKnownModels } from "../queries";
import { useFormTexts } from "./texts";
import { modelsFrom, withModels } from "./values/models";

interface Props {
  type: ChannelType;
  value: string[];
  error: string | undefined;
  onChange: (models: string[]) => void;
}

/** Suggestions shown at a time; some providers have hundreds of models. */
const SHOWN = 100;

/** The models of a channel: suggestions of its type, and whatever is typed or pasted. */
export function ModelsField({ type, value, error, onChange }: Props) {
  const say = useFormTexts();
  const language = useLanguage();
  const known = useKnownModels().data;
  return (
    <>
      <TagsInput
        label={say("models")}
        description={say("modelsHint")}
        withAsterisk={type.testable}
        data={type.models}
        limit={SHOWN}
        maxDropdownHeight={280}
        splitChars={[",", "，"]}
        acceptValueOnBlur
        value={value}
        error={error}
        onChange={(names) => onChange(withModels([], names.map((name) => name.trim()).filter(Boolean)))}
        // before the field itself, which does not split lines
        onPasteCapture={(event) => {
          event.preventDefault();
          event.stopPropagation();
          onChange(withModels(value, modelsFrom(event.clipboardData.getData("text"))));
        }}
        styles={{ pillsList: { maxHeight: 220, overflowY: "auto" } }}
      />
      <Group gap="xs">
        {type.models.length > 0 && (
          <Button size="xs" variant="light" onClick={() => onChange(withModels(value, type.models))}>
            {say("fillType", { name: type.label[language], count: type.models.length })}
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          disabled={!known}
          onClick={() => onChange(withModels(value, known ?? []))}
        >
          {say("fillKnown")}
        </Button>
        {value.length > 0 && (
          <>
            <CopyButton value={toCommas(value)}>{say("copyModels")}</CopyButton>
            <Button size="xs" variant="subtle" color="gray" onClick={() => onChange([])}>
              {say("clear")}
            </Button>
          </>
        )}
      </Group>
    </>
  );
}
