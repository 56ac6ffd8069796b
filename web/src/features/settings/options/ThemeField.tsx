import { Badge, Box, Button, Group, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import { themeNamed } from "@/app/themes";

interface Props {
  label: string;
  description: string;
  error: string | undefined;
  names: string[];
  texts: Record<string, { label: string; help: string }>;
  value: string;
  onChange: (value: string) => void;
}

/** The console's themes, each with a small preview. */
export function ThemeField({ names, texts, value, onChange, ...wrapper }: Props) {
  return (
    <Radio.Group {...wrapper} value={value} onChange={onChange}>
      <SimpleGrid cols={{ base: 1, xs: 3 }} mt="sm">
        {names.map((name) => (
          <Radio.Card
            key={name}
            value={name}
            p="sm"
            style={{ display: "flex" }}
            aria-label={texts[name]?.label ?? name}
          >
            <Group wrap="nowrap" gap="sm" align="flex-start">
              <Radio.Indicator />
              <Stack gap={6} style={{ flexGrow: 1, minWidth: 0 }}>
                <Text size="sm" fw={600}>
                  {texts[name]?.label ?? name}
                </Text>
                <Picture name={name} />
                <Text size="xs" c="dimmed">
                  {texts[name]?.help}
                </Text>
              </Stack>
            </Group>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}

function Picture({ name }: { name: string }) {
  const { primaryColor = "blue", defaultRadius = "md" } = themeNamed(name);
  return (
    <Box aria-hidden p={6} bd="1px solid var(--mantine-color-default-border)" bdrs={defaultRadius}>
      <Group gap={6} wrap="nowrap">
        <Button component="span" size="compact-xs" color={`${primaryColor}.9`} radius={defaultRadius}>
          Aa
        </Button>
        <Badge size="sm" variant="light" color={primaryColor} radius={defaultRadius}>
          123
        </Badge>
      </Group>
    </Box>
  );
}
