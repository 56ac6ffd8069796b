import { expect, it } from "vitest";
import { type OptionKey, SECTIONS } from "./fields";
import known from "./optionKeys.json";
import { en } from "./optionTexts.en";
import { zh } from "./optionTexts.zh";

const fields = Object.values(SECTIONS)
  .flat()
  .flatMap((section) => section.fields);

it("gives every option of the gateway a field, once", () => {
  const keys = fields.map(({ key }) => key);
  expect(keys.toSorted()).toEqual([...known.shown, ...known.secret].toSorted());
});

it("hides exactly what the gateway hides", () => {
  const secret = fields.filter(({ kind }) => kind === "secret").map(({ key }) => key);
  expect(secret.toSorted()).toEqual(known.secret.toSorted());
});

it("says in both languages what each choice means", () => {
  for (const { key, choices = [] } of fields) {
    for (const texts of [en, zh] as Record<OptionKey, (typeof zh)[OptionKey]>[]) {
      expect(Object.keys(texts[key].choices ?? {})).toEqual(choices);
    }
  }
});
