import { PasswordInput, Textarea } from "@mantine/core";
import { useState } from "react";
import { useLanguage } from "@/i18n";
import type { FieldsProps } from "./AccountFields";
import { useFormTexts } from "./texts";
import { keysIn } from "./values/keys";
import { problemsIn } from "./values/problems";

/** The key field. Several lines create several channels; the stored key is never shown. */
export function KeyField({ type, values, stored, problems, onChange }: FieldsProps) {
  const say = useFormTexts();
  const language = useLanguage();
  const [left, setLeft] = useState(false);
  const hint = type.key?.hint?.[language];
  const form = type.key?.text;
  const count = keysIn(values.key).length;
  const describe = useDescribe(form ?? "", count > 1);

  // a wrong key is reported as soon as the field loses the focus
  const problem = problems.key ?? (left && values.key ? problemsIn(values, type, stored).key : undefined);
  const description = [
    hint ? `${hint[0]?.toUpperCase()}${hint.slice(1)}${language === "zh" ? "。" : "."}` : "",
    form && !hint ? say("keyForm", { form }) : "",
    stored ? say("keyKept") : count > 1 ? say("keyMany", { count }) : say("keyLines"),
  ];
  const props = {
    label: say("key"),
    description: description.filter(Boolean).join(" "),
    placeholder: stored ? say("keyStored") : (form ?? ""),
    withAsterisk: !stored,
    value: values.key,
    error: problem && describe(problem),
    autoComplete: "new-password",
    onBlur: () => setLeft(true),
    onChange: (event: { currentTarget: { value: string } }) => onChange({ key: event.currentTarget.value }),
  };
  if (stored) return <PasswordInput {...props} />;
  return <Textarea {...props} autosize minRows={2} maxRows={8} spellCheck={false} />;
}

function useDescribe(form: string, many: boolean) {
  const say = useFormTexts();
  const texts = {
    missing: "keyMissing",
    blank: "keyBlank",
    characters: "keyCharacters",
    form: "keyWrongForm",
  } as const;
  return (problem: NonNullable<FieldsProps["problems"]["key"]>) => {
    if (problem === "moved") return say("keyMoved");
    const text = say(texts[problem.kind], { form });
    return many ? say("inLine", { line: problem.line, problem: text }) : text;
  };
}
