import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "@/api/client";
import type { components } from "@/api/schema";
import { describeError } from "@/components/describeError";
import { nameOf, refreshChannels } from "../queries";
import type { Failure } from "./FailureList";
import { inPortions } from "./portions";

/** Channels per call: few, so that progress is visible and no call takes long. */
const PORTION = 20;

/** Tests are not included; they run in the background. */
export type BatchChange = Omit<components["schemas"]["BatchBody"], "ids" | "action"> & {
  action: "enable" | "disable" | "delete" | "set";
};

export interface BatchRun {
  action: BatchChange["action"];
  total: number;
  done: number;
  failures: Failure[];
}

/** Applies one change to many channels and tracks its progress. */
export function useBatch() {
  const client = useQueryClient();
  const [run, setRun] = useState<BatchRun>();
  const { mutateAsync, isPending } = useMutation({
    mutationFn: async ({ change, ids }: { change: BatchChange; ids: number[] }) => {
      // names of channels that the change removes from the list are kept
      const names = new Map(ids.map((id) => [id, nameOf(client, id)]));
      const failures: Failure[] = [];
      let done = 0;
      setRun({ action: change.action, total: ids.length, done, failures });
      for (const portion of inPortions(ids, PORTION)) {
        for (const { id, message } of await failuresOf(change, portion)) {
          failures.push({ id, message, name: names.get(id) ?? `#${id}` });
        }
        done += portion.length;
        setRun({ action: change.action, total: ids.length, done, failures });
      }
      return failures.map(({ id }) => id);
    },
    onSettled: () => refreshChannels(client),
  });
  return {
    run,
    isPending,
    /** Returns the ids of those that failed. */
    start: (change: BatchChange, ids: number[]) => mutateAsync({ change, ids }),
    dismiss: () => setRun(undefined),
  };
}

async function failuresOf(change: BatchChange, ids: number[]): Promise<{ id: number; message: string }[]> {
  try {
    const results = await take(api.POST("/api/channel/batch", { body: { ...change, ids } }));
    return results.filter(({ success }) => !success);
  } catch (error) {
    const message = describeError(error);
    return ids.map((id) => ({ id, message }));
  }
}
