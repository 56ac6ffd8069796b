import { describe, expect, it } from "vitest";
import { dollarsPerMillion, formatDollars, ratioOf } from "./dollars";
import {
  BadRatios,
  compareRatios,
  isChanged,
  isRatio,
  type Problem,
  readRatios,
  storedRatios,
  writeRatios,
} from "./ratios";

function problemOf(json: string): Problem | undefined {
  try {
    readRatios(json);
  } catch (error) {
    if (error instanceof BadRatios) return error.problem;
  }
  return undefined;
}

describe("reading and writing", () => {
  it("keeps every digit", () => {
    const json = '{"deepseek-reasoner":3.981818181818181818,"a \\"b\\": 1":0.50}';
    expect([...readRatios(json)]).toEqual([
      ["deepseek-reasoner", "3.981818181818181818"],
      ['a "b": 1', "0.50"],
    ]);
  });

  it("comes back as it went in", () => {
    const ratios = new Map([
      ["gpt-4o", "1.25"],
      ['odd "name"\\', "0"],
    ]);
    expect(readRatios(writeRatios(ratios))).toEqual(ratios);
    expect(writeRatios(new Map())).toBe("{}");
  });

  it("says what is wrong", () => {
    expect(problemOf("{")).toMatchObject({ reason: "json" });
    expect(problemOf("[1]")).toEqual({ reason: "object" });
    expect(problemOf('{"a":"1"}')).toEqual({ reason: "ratio", name: "a" });
    expect(problemOf('{"a":{"b":1}}')).toEqual({ reason: "ratio", name: "a" });
    expect(problemOf('{"a":-1}')).toEqual({ reason: "ratio", name: "a" });
    expect(problemOf('{"a":1,"b":2,"a":3}')).toEqual({ reason: "twice", name: "a" });
  });

  it("takes what is stored and broken as nothing, as the gateway does", () => {
    expect(storedRatios("{").size).toBe(0);
  });
});

it("takes as a ratio what the gateway takes", () => {
  for (const good of ["0", "1", "0.5", "1e3", "1000000000"]) expect(isRatio(good)).toBe(true);
  for (const bad of ["", " 1", "-1", ".5", "1.", "01", "1,5", "NaN", "1000000001"]) {
    expect(isRatio(bad)).toBe(false);
  }
});

it("finds what was added, changed and removed", () => {
  const before = new Map([
    ["same", "1"],
    ["gone", "2"],
    ["dearer", "3"],
  ]);
  const now = new Map([
    ["same", "1.0"],
    ["dearer", "4"],
    ["fresh", "5"],
  ]);
  expect(compareRatios(before, now).filter(isChanged)).toEqual([
    { name: "dearer", before: "3", now: "4" },
    { name: "fresh", before: undefined, now: "5" },
    { name: "gone", before: "2", now: undefined },
  ]);
});

describe("the price of a ratio", () => {
  it("is $2 per million tokens at the usual quota per dollar", () => {
    expect(dollarsPerMillion(1, 500_000)).toBe(2);
    expect(dollarsPerMillion(1.25, 1_000_000)).toBe(1.25);
  });

  it("never looks like nothing when it is something", () => {
    expect(formatDollars(2.5)).toBe("$2.50");
    expect(formatDollars(0.0142)).toBe("$0.0142");
    expect(formatDollars(0)).toBe("$0.00");
    expect(formatDollars(0.0000001)).toBe("< $0.000001");
  });

  it("of a channel type falls back to that of the model", () => {
    const ratios = new Map([
      ["llama", "2"],
      ["llama(33)", "3"],
    ]);
    expect(ratioOf("llama(33)", ratios)).toBe(3);
    expect(ratioOf("llama(7)", ratios)).toBe(2);
    expect(ratioOf("other", ratios)).toBeUndefined();
  });
});
