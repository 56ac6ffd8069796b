/** One line of a model mapping: who asks for `from` is served by `to`. */
export interface MappingRow {
  from: string;
  to: string;
}

export type MappingProblem = "empty" | "double";

/** The lines of the JSON object that the database keeps; null: `text` is no object of texts. */
export function rowsOf(text: string | null): MappingRow[] | null {
  if (!text?.trim()) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const rows: MappingRow[] = [];
  for (const [from, to] of Object.entries(value)) {
    if (typeof to !== "string") return null;
    rows.push({ from, to });
  }
  return rows;
}

/** The JSON object of `rows`, as people read it; empty for none. */
export function textOf(rows: MappingRow[]): string {
  const entries = rows.map(({ from, to }) => [from.trim(), to.trim()] as const);
  return entries.length ? JSON.stringify(Object.fromEntries(entries), null, 2) : "";
}

/** What is wrong with each line; undefined: nothing. Of two lines for the same model the second is the double. */
export function problemsOf(rows: MappingRow[]): (MappingProblem | undefined)[] {
  const seen = new Set<string>();
  return rows.map((row) => {
    const from = row.from.trim();
    if (!from || !row.to.trim()) return "empty";
    if (seen.has(from)) return "double";
    seen.add(from);
    return undefined;
  });
}
