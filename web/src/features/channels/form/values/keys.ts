import type { ChannelType } from "../../queries";

type KeyForm = ChannelType["key"];

/** What is wrong with a key; `line` counts from 1. */
export interface KeyProblem {
  kind: "missing" | "blank" | "characters" | "form";
  line: number;
}

/** The keys in a text, one per line, without blank lines. */
export function keysIn(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
}

/** The problem of the first bad key in `text`; undefined if none is visible here. */
export function keyProblem(text: string, form: KeyForm): KeyProblem | undefined {
  const keys = keysIn(text);
  if (keys.length === 0) return { kind: "missing", line: 1 };
  for (const [index, key] of keys.entries()) {
    const kind = problemOf(key, form);
    if (kind) return { kind, line: index + 1 };
  }
  return undefined;
}

function problemOf(key: string, form: KeyForm): KeyProblem["kind"] | undefined {
  // a key is sent in a header
  if (!/^[\x20-\x7e]+$/.test(key)) return "characters";
  // a key explained by a hint alone may contain spaces: it may be a whole header
  if (form && !form.text) return undefined;
  if (/\s/.test(key)) return "blank";
  return form && !fits(key, form) ? "form" : undefined;
}

function fits(key: string, form: NonNullable<KeyForm>): boolean {
  const separator = form.text.includes("|") ? "|" : ".";
  const wanted = form.text.split(separator).length;
  if (wanted === 1) return true;
  const parts = key.split(separator);
  if (parts.some((part) => !part)) return false;
  // a hint allows a key of one part, or of more parts than the form
  return form.hint ? parts.length === 1 || parts.length >= wanted : parts.length === wanted;
}

/** The key composed of these values; empty while one is missing. */
export function composedKey(names: string[], config: Record<string, string>): string {
  const parts = names.map((name) => (config[name] ?? "").trim().split(/\s+/).join(" "));
  return parts.every(Boolean) ? parts.join("|") : "";
}

/** Whether the key would be sent to another host; the server then requires it again. */
export function movesKey(stored: string, wanted: string): boolean {
  return wanted.trim() !== "" && hostOf(wanted) !== hostOf(stored);
}

function hostOf(address: string): string {
  try {
    return new URL(address.trim()).origin;
  } catch {
    return address.trim();
  }
}
