/** Name -> ratio as written, so that unedited numbers keep all their digits. */
export type Ratios = ReadonlyMap<string, string>;

export const LARGEST_RATIO = 1e9;
const RATIO = /^(0|[1-9]\d*)(\.\d{1,30})?([eE][+-]?\d{1,2})?$/;
const ENTRY = /("(?:[^"\\]|\\.)*")\s*:\s*([-+\d.eE]+)/g;

export type Problem =
  | { reason: "json"; detail: string }
  | { reason: "object" }
  | { reason: "ratio"; name: string }
  | { reason: "twice"; name: string };

/** The text is not a table of ratios; `problem` says why. */
export class BadRatios extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.reason);
    this.problem = problem;
  }
}

/** Whether the gateway accepts `text` as a ratio. */
export function isRatio(text: string): boolean {
  return RATIO.test(text) && Number(text) <= LARGEST_RATIO;
}

/** Parses a table of ratios. Throws BadRatios. */
export function readRatios(json: string): Map<string, string> {
  checkShape(json);
  const ratios = new Map<string, string>();
  for (const [, quoted = "", ratio = ""] of json.matchAll(ENTRY)) {
    const name: string = JSON.parse(quoted);
    if (ratios.has(name)) throw new BadRatios({ reason: "twice", name });
    if (!isRatio(ratio)) throw new BadRatios({ reason: "ratio", name });
    ratios.set(name, ratio);
  }
  return ratios;
}

/** Afterwards, entries can be read one by one: there are only names and numbers. */
function checkShape(json: string): void {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new BadRatios({ reason: "json", detail: error instanceof Error ? error.message : "" });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new BadRatios({ reason: "object" });
  }
  const odd = Object.entries(value).find(([, ratio]) => typeof ratio !== "number");
  if (odd) throw new BadRatios({ reason: "ratio", name: odd[0] });
}

/** The table as JSON, sorted by name, one entry per line. */
export function writeRatios(ratios: Ratios): string {
  const lines = sortedNames(ratios).map((name) => `  ${JSON.stringify(name)}: ${ratios.get(name)}`);
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n}`;
}

/** The valid part of the stored table; the gateway ignores the rest too. */
export function storedRatios(json: string): Ratios {
  try {
    return readRatios(json);
  } catch {
    return new Map();
  }
}

export interface RatioRow {
  name: string;
  /** The stored ratio; undefined if the entry is new. */
  before: string | undefined;
  /** The edited ratio; undefined if the entry is removed. */
  now: string | undefined;
}

export function isChanged({ before, now }: RatioRow): boolean {
  if (before === undefined || now === undefined) return before !== now;
  // 1 and 1.0 are the same price
  return before !== now && !(isRatio(now) && Number(before) === Number(now));
}

/** Every name of both tables, sorted. */
export function compareRatios(before: Ratios, now: Ratios): RatioRow[] {
  return sortedNames(new Map([...before, ...now])).map((name) => ({
    name,
    before: before.get(name),
    now: now.get(name),
  }));
}

function sortedNames(ratios: Ratios): string[] {
  return [...ratios.keys()].sort();
}
