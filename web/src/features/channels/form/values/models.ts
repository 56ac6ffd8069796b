/** The names in a pasted text: one a line, or between commas, JSON lists too; each once. */
export function modelsFrom(text: string): string[] {
  const names = text.split(/[\s,，;；、]+/).map((name) => name.replace(/^[["']+|[\]"']+$/g, ""));
  return [...new Set(names.filter(Boolean))];
}

/** `models` and those of `more` that are not among them. */
export function withModels(models: string[], more: string[]): string[] {
  return [...new Set([...models, ...more])];
}

/** Whether both hold the same names, in whatever order. */
export function sameModels(some: string[], others: string[]): boolean {
  const names = new Set(others);
  return some.length === names.size && some.every((name) => names.has(name));
}
