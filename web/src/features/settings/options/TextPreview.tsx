import { Anchor, Text } from "@mantine/core";
import { marked } from "marked";
import SafeHtml from "@/components/SafeHtml";
import { useSettingsTexts } from "../texts";

/** Operator-supplied content, as its page shows it. */
export default function TextPreview({ text, markdown }: { text: string; markdown: boolean }) {
  const say = useSettingsTexts();
  if (text.trim() === "") return <Text c="dimmed">{say("nothingYet")}</Text>;
  if (!markdown) return <SafeHtml html={text} />;
  if (text.startsWith("https://")) {
    return (
      <Text>
        {say("framed")}{" "}
        <Anchor href={text} target="_blank" rel="noreferrer">
          {text}
        </Anchor>
      </Text>
    );
  }
  return <SafeHtml html={marked.parse(text, { async: false })} />;
}
