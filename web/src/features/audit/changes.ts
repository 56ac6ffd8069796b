/** One changed field; undefined if it did not exist. */
export interface FieldChange {
  field: string;
  before: string | undefined;
  after: string | undefined;
}

/** The fields in which two JSON texts differ, as strings; an empty text means no object. */
export function changedFields(before: string, after: string): FieldChange[] {
  const old = fieldsOf(before);
  const now = fieldsOf(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((field) => ({ field, before: old.get(field), after: now.get(field) }))
    .filter((change) => change.before !== change.after);
}

function fieldsOf(text: string): Map<string, string> {
  if (text === "") return new Map();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new Map([["", text]]);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map([["", text]]);
  return new Map(Object.entries(value).map(([field, entry]) => [field, textOf(entry)]));
}

function textOf(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  // options and channels keep JSON in strings
  if (/^\s*[[{]/.test(value)) {
    try {
      return JSON.stringify(JSON.parse(value), null, 2);
    } catch {
      return value;
    }
  }
  return value;
}
