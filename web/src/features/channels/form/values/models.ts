/** The names in a pasted text, separated by lines or commas, or as a JSON list; without duplicates. */
export function modelsFrom(text: string): string[] {
  const names = text.split(/[\s,，;；、]+/).map((name) => name.replace(/^[["']+|[\]"']+$/g, ""));
  return [...new Set(names.filter(Boolean))];
}

/** The union of both lists, `models` first. */
export function withModels(models: string[], more: string[]): string[] {
  return [...new Set([...models, ...more])];
}

/** Whether both hold the same names, in any order. */
export function sameModels(some: string[], others: string[]): boolean {
  const names = new Set(others);
  return some.length === names.size && some.every((name) => names.has(name));
}
