import { Input, Loader, Paper, Tabs, Textarea } from "@mantine/core";
import { useId } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { useSettingsTexts } from "../texts";

const TextPreview = lazy(() => import("./TextPreview"));

interface Props {
  label: string;
  description: string;
  error: string | undefined;
  /** Otherwise HTML only. */
  markdown: boolean;
  value: string;
  onChange: (value: string) => void;
}

/** An editor for Markdown or HTML with a preview. */
export function LongTextField({ label, description, error, markdown, value, onChange }: Props) {
  const say = useSettingsTexts();
  const id = useId();
  return (
    <Input.Wrapper id={id} label={label} description={description} error={error}>
      <Tabs defaultValue="write" keepMounted={false} variant="outline" mt="xs">
        <Tabs.List>
          <Tabs.Tab value="write">{say("write")}</Tabs.Tab>
          <Tabs.Tab value="preview">{say("preview")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="write" pt="xs">
          <Textarea
            id={id}
            error={Boolean(error)}
            value={value}
            onChange={(event) => onChange(event.currentTarget.value)}
            autosize
            minRows={4}
            maxRows={20}
            styles={{ input: { fontFamily: "monospace" } }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="preview" pt="xs">
          <Paper withBorder p="md" style={{ overflowWrap: "anywhere" }}>
            <Suspense fallback={<Loader size="sm" />}>
              <TextPreview text={value} markdown={markdown} />
            </Suspense>
          </Paper>
        </Tabs.Panel>
      </Tabs>
    </Input.Wrapper>
  );
}
