import type { Field, OptionKey } from "./fields";

/** Options as texts, by key. */
export type Values = Partial<Record<OptionKey, string>>;

export interface Change {
  key: OptionKey;
  value: string;
}

/**
 * Which of `fields` have to be sent, in the order in which the server takes them: switches come last, since
 * a way to sign in can only be switched on once its keys are stored.
 */
export function changedOptions(fields: Field[], edits: Values, stored: Values): Change[] {
  const changes = fields.flatMap((field) => {
    const value = edits[field.key];
    if (value === undefined || value === (stored[field.key] ?? "")) return [];
    return [{ key: field.key, value, last: field.kind === "switch" }];
  });
  changes.sort((one, other) => Number(one.last) - Number(other.last));
  return changes.map(({ key, value }) => ({ key, value }));
}

/** `values` without those of `keys`. */
export function without(values: Values, keys: Iterable<OptionKey>): Values {
  const left = { ...values };
  for (const key of keys) delete left[key];
  return left;
}
