import { expect, it } from "vitest";
import { changedFields } from "./changes";

it("lists the fields that differ", () => {
  expect(changedFields('{"quota":1,"group":"a","role":1}', '{"quota":2,"group":"a","status":2}')).toEqual([
    { field: "quota", before: "1", after: "2" },
    { field: "role", before: "1", after: undefined },
    { field: "status", before: undefined, after: "2" },
  ]);
});

it("takes all fields of what was made or is gone", () => {
  expect(changedFields("", '{"name":"x"}')).toEqual([{ field: "name", before: undefined, after: "x" }]);
  expect(changedFields('{"name":"x"}', "")).toEqual([{ field: "name", before: "x", after: undefined }]);
  expect(changedFields("", "")).toEqual([]);
});

it("lays out JSON that is kept in a text, and leaves others alone", () => {
  expect(changedFields("", '{"value":"{\\"a\\":1}","other":"{not json"}')).toEqual([
    { field: "value", before: undefined, after: '{\n  "a": 1\n}' },
    { field: "other", before: undefined, after: "{not json" },
  ]);
});

it("shows what is no JSON object as it is", () => {
  expect(changedFields("oops", "[1]")).toEqual([{ field: "", before: "oops", after: "[1]" }]);
});
