import type { Channel, ChannelType } from "../../queries";
import { asksForValues, type ChannelValues, optionalParts } from "./formValues";
import { type KeyProblem, keyProblem, movesKey } from "./keys";
import { problemsOf } from "./mapping";

/** The problems of a channel before it is sent, by field. */
export interface Problems {
  name?: "required";
  groups?: "required";
  base_url?: "required" | "url";
  key?: KeyProblem | "moved";
  config: Record<string, "required" | "json">;
  models?: "required";
  mapping?: "wrong";
}

/** `stored` is the edited channel; its secrets may stay empty. */
export function problemsIn(values: ChannelValues, type: ChannelType, stored?: Channel): Problems {
  const problems: Problems = { config: configProblems(values, type, stored) };
  if (!values.name.trim()) problems.name = "required";
  if (values.groups.length === 0) problems.groups = "required";
  const url = values.base_url.trim();
  if (!url && type.base_url_required) problems.base_url = "required";
  if (url && !isAddress(url)) problems.base_url = "url";
  // a type that cannot be tested serves any model
  if (values.models.length === 0 && type.testable) problems.models = "required";
  if (problemsOf(values.mapping).some(Boolean)) problems.mapping = "wrong";
  const key = keyProblemIn(values, type, stored);
  if (key) problems.key = key;
  return problems;
}

function keyProblemIn(values: ChannelValues, type: ChannelType, stored?: Channel): Problems["key"] {
  if (asksForValues(type, values.wholeKey)) return undefined;
  const kept = stored !== undefined && !values.key.trim();
  if (!kept) return keyProblem(values.key, type.key);
  return movesKey(stored.base_url ?? "", values.base_url) ? "moved" : undefined;
}

function configProblems(values: ChannelValues, type: ChannelType, stored?: Channel): Problems["config"] {
  const problems: Problems["config"] = {};
  const moves = stored !== undefined && movesKey(stored.base_url ?? "", values.base_url);
  for (const field of type.config) {
    const value = (values.config[field.name] ?? "").trim();
    const kept = field.secret && stored?.type === type.type && !moves;
    if (!value && !kept && isRequired(field, values, type)) problems[field.name] = "required";
    if (value && field.name.endsWith("_adc") && !isJson(value)) problems[field.name] = "json";
  }
  return problems;
}

/** Whether the field is required: all parts of the key are, unless the key is entered as a whole. */
export function isRequired(
  field: ChannelType["config"][number],
  values: Pick<ChannelValues, "wholeKey" | "key">,
  type: ChannelType,
): boolean {
  if (!type.key?.config.includes(field.name)) return field.required;
  if (!values.wholeKey) return true;
  return !optionalParts(type).includes(field.name) && !values.key.includes("|");
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\/[^\s?#@]+$/i.test(text);
}

function isJson(text: string): boolean {
  try {
    return typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}

export function isFine({ config, ...others }: Problems): boolean {
  return Object.keys(config).length === 0 && Object.keys(others).length === 0;
}
