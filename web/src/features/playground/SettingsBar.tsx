import { Button, Collapse, Group, NumberInput, Select, Stack, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAdjustments } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Settings } from "./chat/messages";
import type { Token } from "./queries";
import { usePlaygroundTexts } from "./texts";

interface Props {
  settings: Settings;
  change: (changed: Partial<Settings>) => void;
  models: string[];
  tokens: Token[];
  /** Further buttons. */
  children: ReactNode;
}

/** Chooses the token, the model and the parameters. */
export function SettingsBar({ settings, change, models, tokens, children }: Props) {
  const say = usePlaygroundTexts();
  const [opened, parameters] = useDisclosure(false);
  const callers = [
    { value: "0", label: say("session") },
    ...tokens.map(({ id, name }) => ({ value: String(id), label: say("token", { name: name || `#${id}` }) })),
  ];
  return (
    <Stack gap="sm" mb="md">
      <Group gap="sm" align="flex-end">
        <Select
          label={say("model")}
          searchable
          allowDeselect={false}
          data={models}
          value={settings.model || null}
          error={models.length === 0 && say("noModel")}
          onChange={(model) => model && change({ model })}
          w={{ base: "100%", xs: 260 }}
        />
        <Select
          label={say("caller")}
          allowDeselect={false}
          data={callers}
          value={String(settings.tokenId)}
          onChange={(id) => change({ tokenId: Number(id) })}
          w={{ base: "100%", xs: 220 }}
        />
        <Button
          variant="default"
          leftSection={<IconAdjustments size={16} />}
          aria-expanded={opened}
          onClick={parameters.toggle}
        >
          {say("parameters")}
        </Button>
        {children}
      </Group>
      <Collapse expanded={opened}>
        <Parameters settings={settings} change={change} />
      </Collapse>
    </Stack>
  );
}

function Parameters({ settings, change }: Pick<Props, "settings" | "change">) {
  const say = usePlaygroundTexts();
  return (
    <Stack gap="sm">
      <Textarea
        label={say("system")}
        autosize
        minRows={2}
        maxRows={8}
        value={settings.system}
        onChange={(event) => change({ system: event.currentTarget.value })}
      />
      <Group gap="sm" align="flex-start">
        <NumberInput
          label={say("temperature")}
          placeholder={say("modelDefault")}
          min={0}
          max={2}
          step={0.1}
          decimalScale={2}
          value={settings.temperature ?? ""}
          onChange={(value) => change({ temperature: typeof value === "number" ? value : null })}
          w={{ base: "100%", xs: 220 }}
        />
        <NumberInput
          label={say("maxTokens")}
          placeholder={say("modelDefault")}
          min={1}
          allowDecimal={false}
          value={settings.maxTokens ?? ""}
          onChange={(value) => change({ maxTokens: typeof value === "number" ? value : null })}
          w={{ base: "100%", xs: 220 }}
        />
      </Group>
    </Stack>
  );
}
