/** The entries of a comma-separated list, in which the database keeps models, groups and networks. */
export function fromCommas(text: string | null | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean);
}

/** The comma-separated list of `entries`, without duplicates. */
export function toCommas(entries: string[]): string {
  return [...new Set(entries.map((entry) => entry.trim()).filter(Boolean))].join(",");
}
