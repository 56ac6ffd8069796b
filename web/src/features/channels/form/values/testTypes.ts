import type { ChannelType } from "../../queries";

/** A channel type for tests, with plain defaults for whatever `given` leaves out. */
export function typeLike(given: Partial<ChannelType>): ChannelType {
  const name = given.name ?? "plain";
  return {
    type: 1,
    name,
    label: { zh: name, en: name },
    docs: "",
    base_url: "https://api.example.com",
    base_url_required: false,
    key: null,
    other: "",
    config: [],
    testable: true,
    has_balance: false,
    models: [],
    ...given,
  };
}

const field = (name: string, given: Partial<ChannelType["config"][number]> = {}) => ({
  name,
  label: { zh: name, en: name },
  required: true,
  secret: false,
  default: "",
  ...given,
});

export const openai = typeLike({ name: "openai", models: ["gpt-4", "gpt-4o"] });

export const azure = typeLike({
  type: 3,
  name: "azure",
  base_url: "",
  base_url_required: true,
  other: "api_version",
  config: [field("api_version", { default: "2024-03-01-preview" })],
  models: ["gpt-4"],
});

export const baidu = typeLike({
  type: 15,
  name: "baidu",
  key: { text: "APIKey|SecretKey", hint: null, config: [] },
});

export const aws = typeLike({
  type: 33,
  name: "aws",
  base_url: "",
  key: { text: "AK|SK|REGION", hint: { zh: "", en: "or an API key" }, config: ["ak", "sk", "region"] },
  config: [field("region"), field("ak", { required: false }), field("sk", { required: false, secret: true })],
});

export const vertex = typeLike({
  type: 42,
  name: "vertex",
  base_url: "",
  key: {
    text: "REGION|PROJECT_ID|ADC_JSON",
    hint: null,
    config: ["region", "vertex_ai_project_id", "vertex_ai_adc"],
  },
  config: [field("region"), field("vertex_ai_project_id"), field("vertex_ai_adc", { secret: true })],
});

export const proxy = typeLike({
  type: 43,
  name: "proxy",
  key: { text: "", hint: { zh: "", en: "the whole header" }, config: [] },
  testable: false,
});
