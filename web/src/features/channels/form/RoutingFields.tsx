import { NumberInput, SimpleGrid, Textarea } from "@mantine/core";
import { useFormTexts } from "./texts";
import type { ChannelValues } from "./values/formValues";

interface Props {
  values: ChannelValues;
  onChange: (changed: Partial<ChannelValues>) => void;
}

/** Priority, weight and system prompt of a channel. */
export function RoutingFields({ values, onChange }: Props) {
  const say = useFormTexts();
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NumberInput
          label={say("priority")}
          description={say("priorityHint")}
          allowDecimal={false}
          max={2 ** 31 - 1}
          value={values.priority}
          onChange={(priority) => onChange({ priority: Number(priority) || 0 })}
        />
        <NumberInput
          label={say("weight")}
          description={say("weightHint")}
          allowDecimal={false}
          min={0}
          max={2 ** 31 - 1}
          value={values.weight}
          onChange={(weight) => onChange({ weight: Number(weight) || 0 })}
        />
      </SimpleGrid>
      <Textarea
        label={say("systemPrompt")}
        description={say("systemPromptHint")}
        autosize
        minRows={2}
        maxRows={12}
        value={values.system_prompt}
        onChange={(event) => onChange({ system_prompt: event.currentTarget.value })}
      />
    </>
  );
}
