import { useMemo, useState } from "react";
import type { Change, Values } from "../options/changes";
import type { OptionKey } from "../options/fields";
import {
  compareRatios,
  isChanged,
  isRatio,
  type RatioRow,
  type Ratios,
  storedRatios,
  writeRatios,
} from "./ratios";

export const RATIO_KEYS = ["ModelRatio", "CompletionRatio", "GroupRatio"] as const satisfies OptionKey[];
export type RatioKey = (typeof RATIO_KEYS)[number];

export interface RatioDraft {
  key: RatioKey;
  now: Ratios;
  rows: RatioRow[];
  changed: RatioRow[];
  /** The number of invalid ratios. */
  invalid: number;
}

export interface RatioDrafts {
  drafts: Record<RatioKey, RatioDraft>;
  change: (key: RatioKey, ratios: Ratios) => void;
  /** Discards the edits of these tables. */
  discard: (keys: readonly RatioKey[]) => void;
}

/** The tables of ratios with unsaved edits. */
export function useRatioDrafts(stored: Values): RatioDrafts {
  const [edits, setEdits] = useState<Partial<Record<RatioKey, Ratios>>>({});
  const { ModelRatio, CompletionRatio, GroupRatio } = stored;
  const before = useMemo(
    () => ({
      ModelRatio: storedRatios(ModelRatio ?? ""),
      CompletionRatio: storedRatios(CompletionRatio ?? ""),
      GroupRatio: storedRatios(GroupRatio ?? ""),
    }),
    [ModelRatio, CompletionRatio, GroupRatio],
  );
  const drafts = useMemo(() => {
    const draft = (key: RatioKey) => draftOf(key, before[key], edits[key] ?? before[key]);
    return {
      ModelRatio: draft("ModelRatio"),
      CompletionRatio: draft("CompletionRatio"),
      GroupRatio: draft("GroupRatio"),
    };
  }, [before, edits]);
  return {
    drafts,
    change: (key, ratios) => setEdits((edits) => ({ ...edits, [key]: ratios })),
    discard: (keys) =>
      setEdits((edits) => {
        const left = { ...edits };
        for (const key of keys) delete left[key];
        return left;
      }),
  };
}

function draftOf(key: RatioKey, before: Ratios, now: Ratios): RatioDraft {
  const rows = compareRatios(before, now);
  const changed = rows.filter(isChanged);
  const invalid = changed.filter((row) => row.now !== undefined && !isRatio(row.now)).length;
  return { key, now, rows, changed, invalid };
}

/** The options to send. */
export function ratioChanges(drafts: RatioDrafts["drafts"]): Change[] {
  return RATIO_KEYS.filter((key) => drafts[key].changed.length > 0).map((key) => ({
    key,
    value: writeRatios(drafts[key].now),
  }));
}
