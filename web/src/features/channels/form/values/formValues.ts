import { fromCommas, toCommas } from "@/format/lists";
import type { Channel, ChannelBody, ChannelType } from "../../queries";
import { composedKey } from "./keys";
import { type MappingRow, rowsOf, textOf } from "./mapping";
import { sameModels } from "./models";

/** The values of the channel form. */
export interface ChannelValues {
  type: number;
  name: string;
  groups: string[];
  base_url: string;
  key: string;
  /** Whether the key is entered as a whole, for types whose key consists of values in `config`. */
  wholeKey: boolean;
  config: Record<string, string>;
  models: string[];
  mapping: MappingRow[];
  system_prompt: string;
  priority: number;
  weight: number;
}

export function newValues(type: ChannelType): ChannelValues {
  return {
    type: type.type,
    name: "",
    groups: ["default"],
    base_url: "",
    key: "",
    wholeKey: false,
    config: defaultsOf(type),
    models: [],
    mapping: [],
    system_prompt: "",
    priority: 0,
    weight: 0,
  };
}

/** The form's values for a stored channel, without its secrets. */
export function valuesOf(channel: Channel, type: ChannelType): ChannelValues {
  const stored = objectIn(channel.config);
  const config = Object.fromEntries(
    type.config.map(({ name }) => [name, typeof stored[name] === "string" ? stored[name] : ""]),
  );
  if (type.other && !config[type.other]) config[type.other] = channel.other ?? "";
  return {
    type: channel.type,
    name: channel.name,
    groups: fromCommas(channel.group),
    base_url: channel.base_url ?? "",
    key: "",
    wholeKey: canTypeWholeKey(type) && optionalParts(type).every((name) => !config[name]),
    config,
    models: fromCommas(channel.models),
    mapping: rowsOf(channel.model_mapping) ?? [],
    system_prompt: channel.system_prompt ?? "",
    priority: channel.priority ?? 0,
    weight: channel.weight ?? 0,
  };
}

/** The request body for `values`; `stored` is the edited channel. An empty key keeps the stored one. */
export function bodyOf(values: ChannelValues, type: ChannelType, stored?: Channel): ChannelBody {
  const key = asksForValues(type, values.wholeKey)
    ? composedKey(type.key?.config ?? [], values.config)
    : values.key.trim();
  const body: ChannelBody = {
    type: values.type,
    name: values.name.trim(),
    group: toCommas(values.groups),
    base_url: values.base_url.trim(),
    models: toCommas(values.models),
    model_mapping: textOf(values.mapping),
    config: configText(values, type, stored),
    system_prompt: values.system_prompt,
    priority: values.priority,
    weight: values.weight,
  };
  if (key || !stored) body.key = key;
  // the deprecated field's value is in `config` now
  if (stored?.other) body.other = "";
  return stored ? { ...body, id: stored.id } : body;
}

/** The form's values after its type changed from `old` to `type`: everything typed, and what still applies. */
export function withType(values: ChannelValues, old: ChannelType, type: ChannelType): ChannelValues {
  const defaults = defaultsOf(type);
  const config = Object.fromEntries(
    Object.entries(defaults).map(([name, usual]) => [name, values.config[name] || usual]),
  );
  const filledIn = old.models.length > 0 && sameModels(values.models, old.models);
  return {
    ...values,
    type: type.type,
    config,
    wholeKey: false,
    models: filledIn ? type.models : values.models,
  };
}

/** Whether the key is composed of values in `config` instead of entered as a whole. */
export function asksForValues(type: ChannelType, wholeKey: boolean): boolean {
  return (type.key?.config.length ?? 0) > 0 && !wholeKey;
}

/** Whether there is also a key that is not composed of the values, so that some of them are optional. */
export function canTypeWholeKey(type: ChannelType): boolean {
  return optionalParts(type).length > 0;
}

/** The parts that are not needed when the key is entered as a whole. */
export function optionalParts(type: ChannelType): string[] {
  const parts = type.key?.config ?? [];
  return type.config.filter((field) => !field.required && parts.includes(field.name)).map(({ name }) => name);
}

function defaultsOf(type: ChannelType): Record<string, string> {
  return Object.fromEntries(type.config.map((field) => [field.name, field.default]));
}

/** Keeps unknown values while the type is unchanged; drops the parts of a key entered as a whole. */
function configText(values: ChannelValues, type: ChannelType, stored: Channel | undefined): string {
  const config = stored?.type === type.type ? objectIn(stored.config) : {};
  const dropped = values.wholeKey ? optionalParts(type) : [];
  for (const { name } of type.config) {
    const value = dropped.includes(name) ? "" : (values.config[name] ?? "").trim();
    if (value) config[name] = value;
    else delete config[name];
  }
  return JSON.stringify(config);
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text || "{}");
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** The channel type with this number; a plain one if the gateway does not know it. */
export function typeNumbered(types: ChannelType[], number: number): ChannelType {
  const name = `#${number}`;
  const unknown = {
    type: number,
    name,
    label: { zh: name, en: name },
    docs: "",
    base_url: "",
    base_url_required: true,
    key: null,
    other: "",
    config: [],
    testable: true,
    has_balance: false,
    models: [],
  };
  return types.find(({ type }) => type === number) ?? unknown;
}
