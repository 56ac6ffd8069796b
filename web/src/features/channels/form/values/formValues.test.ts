import { describe, expect, it } from "vitest";
import type { Channel } from "../../queries";
import { bodyOf, newValues, valuesOf, withType } from "./formValues";
import { isFine, problemsIn } from "./problems";
import { aws, azure, openai, proxy, vertex } from "./testTypes";

const channel: Channel = {
  id: 7,
  type: 1,
  key: "",
  status: 1,
  name: "main",
  weight: null,
  created_time: 0,
  test_time: 0,
  response_time: 0,
  base_url: null,
  other: null,
  balance: 0,
  balance_updated_time: 0,
  models: "gpt-4, gpt-4o",
  group: "default,vip",
  used_quota: 0,
  model_mapping: '{"a":"b"}',
  priority: null,
  config: "",
  system_prompt: null,
  test_outcome: "",
  test_error: "",
};

describe("a stored channel", () => {
  it("goes back as it came, without a key", () => {
    expect(bodyOf(valuesOf(channel, openai), openai, channel)).toEqual({
      id: 7,
      type: 1,
      name: "main",
      group: "default,vip",
      base_url: "",
      models: "gpt-4,gpt-4o",
      model_mapping: '{\n  "a": "b"\n}',
      config: "{}",
      system_prompt: "",
      priority: 0,
      weight: 0,
    });
  });

  it("keeps of its config what the form does not know", () => {
    const stored = { ...channel, type: 3, config: '{"api_version":"1","mine":2}' };
    const values = { ...valuesOf(stored, azure), config: { api_version: "2" } };
    expect(bodyOf(values, azure, stored).config).toBe('{"api_version":"2","mine":2}');
  });

  it("moves the deprecated field into the config", () => {
    const stored = { ...channel, type: 3, other: "2023-05-15" };
    const body = bodyOf(valuesOf(stored, azure), azure, stored);
    expect(body).toMatchObject({ config: '{"api_version":"2023-05-15"}', other: "" });
  });

  it("may leave its secrets empty, until its type changes", () => {
    const stored = { ...channel, type: 42, config: '{"region":"r","vertex_ai_project_id":"p"}' };
    const values = valuesOf(stored, vertex);
    expect(problemsIn(values, vertex, stored).config).toEqual({});
    expect(bodyOf(values, vertex, stored)).not.toHaveProperty("key");
    expect(problemsIn(values, vertex, { ...stored, type: 1 }).config).toEqual({ vertex_ai_adc: "required" });
  });

  it("needs its key again when the host changes", () => {
    const values = { ...valuesOf(channel, openai), base_url: "https://other.example.com" };
    expect(problemsIn(values, openai, channel).key).toBe("moved");
    expect(problemsIn({ ...values, key: "sk" }, openai, channel).key).toBeUndefined();
  });
});

describe("a key of several values", () => {
  const filled = { region: "us-east-1", ak: "AK", sk: "SK" };

  it("is made of them", () => {
    const values = { ...newValues(aws), config: filled };
    expect(bodyOf(values, aws).key).toBe("AK|SK|us-east-1");
  });

  it("needs all of them", () => {
    expect(problemsIn(newValues(aws), aws).config).toEqual({
      region: "required",
      ak: "required",
      sk: "required",
    });
  });

  it("can be typed as one, which then counts alone", () => {
    const values = { ...newValues(aws), wholeKey: true, key: "api-key", config: filled };
    expect(problemsIn(values, aws).config).toEqual({});
    expect(bodyOf(values, aws)).toMatchObject({ key: "api-key", config: '{"region":"us-east-1"}' });
    const whole = { ...newValues(aws), wholeKey: true };
    expect(problemsIn({ ...whole, key: "api-key" }, aws).config).toEqual({ region: "required" });
    expect(problemsIn({ ...whole, key: "a|b|c" }, aws).config).toEqual({});
  });

  it("is told when its JSON is none", () => {
    const config = { region: "r", vertex_ai_project_id: "p", vertex_ai_adc: "{" };
    expect(problemsIn({ ...newValues(vertex), config }, vertex).config).toEqual({ vertex_ai_adc: "json" });
  });
});

describe("another type", () => {
  it("keeps what was typed, and values of the same name", () => {
    const values = {
      ...newValues(aws),
      name: "n",
      models: ["mine"],
      config: { region: "eu", ak: "a", sk: "" },
    };
    const turned = withType(values, aws, vertex);
    expect(turned).toMatchObject({ type: 42, name: "n", models: ["mine"] });
    expect(turned.config).toEqual({ region: "eu", vertex_ai_project_id: "", vertex_ai_adc: "" });
  });

  it("brings its own models where all of the old type's were filled in", () => {
    const all = { ...newValues(openai), models: ["gpt-4o", "gpt-4"] };
    expect(withType(all, openai, azure).models).toEqual(["gpt-4"]);
    expect(withType({ ...all, models: ["gpt-4o"] }, openai, azure).models).toEqual(["gpt-4o"]);
  });
});

it("asks a new channel for all that its type needs", () => {
  expect(problemsIn(newValues(azure), azure)).toEqual({
    config: {},
    name: "required",
    base_url: "required",
    models: "required",
    key: { kind: "missing", line: 1 },
  });
  const values = { ...newValues(proxy), name: "p", key: "Bearer x", base_url: "https://example.com/v1" };
  expect(isFine(problemsIn(values, proxy))).toBe(true);
  expect(problemsIn({ ...values, base_url: "example.com" }, proxy).base_url).toBe("url");
});
