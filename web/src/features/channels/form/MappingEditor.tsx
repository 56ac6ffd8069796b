import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  Modal,
  Table,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconBraces, IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useFormTexts } from "./texts";
import { type MappingRow, problemsOf, rowsOf, textOf } from "./values/mapping";

interface Props {
  rows: MappingRow[];
  /** The models that the channel serves. */
  models: string[];
  /** Whether incomplete lines count as errors. */
  strict: boolean;
  onChange: (rows: MappingRow[]) => void;
}

/** Edits a model mapping, as lines of a table or as JSON. */
export function MappingEditor({ rows, models, strict, onChange }: Props) {
  const say = useFormTexts();
  const [inJson, setInJson] = useState(false);
  return (
    <>
      <Text size="sm" c="dimmed">
        {say("mappingHint")}
      </Text>
      {rows.length > 0 && <Rows rows={rows} models={models} strict={strict} onChange={onChange} />}
      <Group gap="xs">
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} />}
          onClick={() => onChange([...rows, { from: "", to: "" }])}
        >
          {say("addRow")}
        </Button>
        <Button
          size="xs"
          variant="subtle"
          leftSection={<IconBraces size={14} />}
          onClick={() => setInJson(true)}
        >
          {say("asJson")}
        </Button>
      </Group>
      <Modal opened={inJson} onClose={() => setInJson(false)} title={say("jsonTitle")} size="lg">
        <JsonEditor
          rows={rows}
          onApply={(read) => {
            onChange(read);
            setInJson(false);
          }}
        />
      </Modal>
    </>
  );
}

function Rows({ rows, models, strict, onChange }: Props) {
  const say = useFormTexts();
  const problems = problemsOf(rows);
  const change = (index: number, changed: Partial<MappingRow>) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, ...changed } : row)));
  const errorOf = (index: number, side: keyof MappingRow) => {
    if (problems[index] === "double") return side === "from" && say("doubleModel");
    return strict && problems[index] === "empty" && !rows[index]?.[side].trim() && say("emptySide");
  };
  return (
    <Table withRowBorders={false} verticalSpacing={4} horizontalSpacing={4} aria-label={say("mapping")}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{say("requested")}</Table.Th>
          <Table.Th>{say("sent")}</Table.Th>
          <Table.Th w={40} />
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row, index) => (
          <Table.Tr key={index} style={{ verticalAlign: "top" }}>
            <Table.Td>
              <Autocomplete
                aria-label={say("row", { column: say("requested"), line: index + 1 })}
                data={[...new Set(models)]}
                limit={20}
                value={row.from}
                error={errorOf(index, "from")}
                onChange={(from) => change(index, { from })}
              />
            </Table.Td>
            <Table.Td>
              <TextInput
                aria-label={say("row", { column: say("sent"), line: index + 1 })}
                value={row.to}
                error={errorOf(index, "to")}
                onChange={(event) => change(index, { to: event.currentTarget.value })}
              />
            </Table.Td>
            <Table.Td>
              <ActionIcon
                variant="subtle"
                color="gray"
                mt={4}
                aria-label={say("removeRow", { line: index + 1 })}
                onClick={() => onChange(rows.filter((_, at) => at !== index))}
              >
                <IconX size={16} />
              </ActionIcon>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** Starts with the JSON of `rows`; only a valid mapping can be applied. */
function JsonEditor({ rows, onApply }: { rows: MappingRow[]; onApply: (rows: MappingRow[]) => void }) {
  const say = useFormTexts();
  const [text, setText] = useState(() => textOf(rows));
  const read = rowsOf(text);
  return (
    <>
      <Textarea
        data-autofocus
        aria-label={say("jsonTitle")}
        autosize
        minRows={6}
        maxRows={20}
        spellCheck={false}
        styles={{ input: { fontFamily: "monospace" } }}
        placeholder={'{\n  "gpt-4": "gpt-4-turbo"\n}'}
        value={text}
        error={read === null && say("jsonWrong")}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group justify="flex-end" mt="md">
        <Button disabled={read === null} onClick={() => read && onApply(read)}>
          {say("apply")}
        </Button>
      </Group>
    </>
  );
}
