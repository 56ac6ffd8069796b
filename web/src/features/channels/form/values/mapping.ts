/** One line of a model mapping: requests for `from` are sent as `to`. */
export interface MappingRow {
  from: string;
  to: string;
}

export type MappingProblem = "empty" | "double";

/** The lines of the stored JSON object; null if `text` is not an object of strings. */
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

/** `rows` as formatted JSON; empty if there are none. */
export function textOf(rows: MappingRow[]): string {
  const entries = rows.map(({ from, to }) => [from.trim(), to.trim()] as const);
  return entries.length ? JSON.stringify(Object.fromEntries(entries), null, 2) : "";
}

/** The problem of each line, or undefined. Of two lines for the same model, the second is the duplicate. */
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
