/** The entries of the comma lists in which the database keeps models, groups and networks. */
export function fromCommas(text: string | null | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean);
}

/** The comma list of `entries`, each once. */
export function toCommas(entries: string[]): string {
  return [...new Set(entries.map((entry) => entry.trim()).filter(Boolean))].join(",");
}
