import { Button, Group, Modal, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import { useOptionTexts } from "../texts";
import { BadRatios, type Problem, type Ratios, readRatios, writeRatios } from "./ratios";
import { usePriceTexts } from "./texts";
import type { RatioKey } from "./useRatioDrafts";

interface Props {
  table: RatioKey;
  initial: string;
  onApply: (ratios: Ratios) => void;
  onClose: () => void;
}

/** A whole table as text. */
export function RatioJson({ table, initial, onApply, onClose }: Props) {
  const say = usePriceTexts();
  const texts = useOptionTexts();
  const [text, setText] = useState(initial);
  const read = tryRead(text);
  return (
    <Modal opened onClose={onClose} size="xl" title={say("jsonOf", { name: texts[table].label })}>
      <Text size="sm" c="dimmed" mb="xs">
        {say("jsonHint")}
      </Text>
      <Textarea
        aria-label={say("jsonOf", { name: texts[table].label })}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        rows={20}
        spellCheck={false}
        styles={{ input: { fontFamily: "monospace" } }}
        error={"problem" in read ? say(`problem_${read.problem.reason}`, valuesOf(read.problem)) : null}
      />
      <Group justify="flex-end" mt="md" gap="xs">
        <Button
          variant="subtle"
          mr="auto"
          disabled={"problem" in read}
          onClick={() => "ratios" in read && setText(writeRatios(read.ratios))}
        >
          {say("format")}
        </Button>
        <Button variant="default" onClick={onClose}>
          {say("cancel")}
        </Button>
        <Button disabled={"problem" in read} onClick={() => "ratios" in read && onApply(read.ratios)}>
          {say("apply")}
        </Button>
      </Group>
    </Modal>
  );
}

function tryRead(text: string): { ratios: Ratios } | { problem: Problem } {
  try {
    return { ratios: readRatios(text) };
  } catch (error) {
    if (error instanceof BadRatios) return { problem: error.problem };
    throw error;
  }
}

function valuesOf(problem: Problem): Record<string, string> {
  const { reason: _, ...values } = problem;
  return values;
}
