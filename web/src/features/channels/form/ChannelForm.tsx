import { Alert, Anchor, Button, Group, Paper, Stack, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useNavigate } from "react-router";
import { describeError } from "@/components/describeError";
import { UnsavedGuard } from "@/components/form/UnsavedGuard";
import { LinkButton } from "@/components/LinkButton";
import { useLanguage } from "@/i18n";
import { type Channel, type ChannelType, useSaveChannel } from "../queries";
import { AccountFields } from "./AccountFields";
import { MappingEditor } from "./MappingEditor";
import { ModelsField } from "./ModelsField";
import { RoutingFields } from "./RoutingFields";
import type { Saved } from "./SavedNotice";
import { useFormTexts } from "./texts";
import { asksForValues, bodyOf, newValues, typeNumbered, valuesOf, withType } from "./values/formValues";
import { keysIn } from "./values/keys";
import { isFine, problemsIn } from "./values/problems";

interface Props {
  types: ChannelType[];
  /** The edited channel; undefined for a new one. */
  stored: Channel | undefined;
  /** The address of the list to return to. */
  backTo: string;
}

/** The channel form, with the fields of the chosen type. */
export function ChannelForm({ types, stored, backTo }: Props) {
  const say = useFormTexts();
  const language = useLanguage();
  const navigate = useNavigate();
  const save = useSaveChannel();
  const element = useRef<HTMLFormElement>(null);
  const [tried, setTried] = useState(false);
  const first = typeNumbered(types, stored?.type ?? 1);
  const form = useForm({ initialValues: stored ? valuesOf(stored, first) : newValues(first) });
  const { values } = form;
  const type = typeNumbered(types, values.type);
  const problems = problemsIn(values, type, stored);
  const shown = tried ? problems : { config: {} };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isFine(problems)) {
      // errors must be rendered before the first one is focused
      flushSync(() => setTried(true));
      element.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
      return;
    }
    const body = bodyOf(values, type, stored);
    const count = asksForValues(type, values.wholeKey) ? 1 : keysIn(values.key).length;
    save.mutate(
      { body, count },
      {
        onSuccess: (ids) => {
          const saved: Saved = { ids, name: body.name ?? "", testable: type.testable };
          void navigate(backTo, { state: { saved } });
        },
      },
    );
  };
  return (
    <form ref={element} onSubmit={submit} noValidate>
      <UnsavedGuard unsaved={form.isDirty()} />
      <Stack maw={760} gap="md">
        {save.isError && (
          <Alert ref={showIt} color="red" title={say("notSaved")} role="alert">
            {describeError(save.error)}
          </Alert>
        )}
        <Section title={say("basics")} aside={<Docs type={type} name={type.label[language]} />}>
          <AccountFields
            types={types}
            type={type}
            values={values}
            stored={stored}
            problems={shown}
            onChange={(changed) => form.setValues(changed)}
            onType={(number) => form.setValues(withType(values, type, typeNumbered(types, number)))}
          />
        </Section>
        <Section title={say("models")}>
          <ModelsField
            type={type}
            value={values.models}
            error={shown.models && say("noModels")}
            onChange={(models) => form.setValues({ models })}
          />
        </Section>
        <Section title={say("mapping")}>
          <MappingEditor
            rows={values.mapping}
            models={values.models}
            onChange={(mapping) => form.setValues({ mapping })}
            strict={tried}
          />
        </Section>
        <Section title={say("routing")}>
          <RoutingFields values={values} onChange={(changed) => form.setValues(changed)} />
        </Section>
        <Group>
          <Button type="submit" loading={save.isPending}>
            {say(stored ? "save" : "create")}
          </Button>
          <LinkButton to={backTo} variant="default">
            {say("cancel")}
          </LinkButton>
        </Group>
      </Stack>
    </form>
  );
}

function showIt(alert: HTMLElement | null) {
  alert?.scrollIntoView({ block: "center" });
}

function Docs({ type, name }: { type: ChannelType; name: string }) {
  const say = useFormTexts();
  if (!type.docs) return null;
  return (
    <Anchor href={type.docs} target="_blank" rel="noreferrer" size="sm">
      {say("docs", { name })}
    </Anchor>
  );
}

function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <Paper withBorder p="md" component="section">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5">
          {title}
        </Title>
        {aside}
      </Group>
      <Stack gap="sm">{children}</Stack>
    </Paper>
  );
}
