import { useState } from "react";
import { showDone } from "@/app/notifications";
import { useSaveOptions } from "../queries";
import { useSettingsTexts } from "../texts";
import { type Change, changedOptions, type Values, without } from "./changes";
import type { Field, OptionKey } from "./fields";

export interface OptionEdits {
  value: (key: OptionKey) => string;
  error: (key: OptionKey) => string | undefined;
  change: (key: OptionKey, value: string) => void;
  changes: (fields: Field[]) => Change[];
  /** Sends the changes among `fields`; those that the server refuses stay, with the reason. */
  save: (fields: Field[]) => Promise<void>;
  discard: (fields: Field[]) => void;
  saving: boolean;
}

/** Unsaved edits on top of the stored options. */
export function useOptionEdits(stored: Values): OptionEdits {
  const say = useSettingsTexts();
  const [edits, setEdits] = useState<Values>({});
  const [errors, setErrors] = useState<Values>({});
  const saving = useSaveOptions();
  const drop = (keys: OptionKey[]) => {
    setEdits((edits) => without(edits, keys));
    setErrors((errors) => without(errors, keys));
  };
  const changes = (fields: Field[]) => changedOptions(fields, edits, stored);
  return {
    value: (key) => edits[key] ?? stored[key] ?? "",
    error: (key) => errors[key],
    change: (key, value) => {
      setEdits((edits) => ({ ...edits, [key]: value }));
      setErrors((errors) => without(errors, [key]));
    },
    changes,
    save: async (fields) => {
      const sent = changes(fields).map(({ key }) => key);
      const refused = await saving.mutateAsync(changes(fields));
      drop(sent.filter((key) => refused[key] === undefined));
      setErrors((errors) => ({ ...errors, ...refused }));
      const failed = Object.keys(refused).length;
      if (failed === 0) showDone(say("saved"));
      else if (failed < sent.length) showDone(say("savedSome"));
    },
    discard: (fields) => drop(fields.map(({ key }) => key)),
    saving: saving.isPending,
  };
}
