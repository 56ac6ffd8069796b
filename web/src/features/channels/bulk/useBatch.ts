import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "@/api/client";
import type { components } from "@/api/schema";
import { describeError } from "@/components/describeError";
import { nameOf, refreshChannels } from "../queries";
import type { Failure } from "./FailureList";
import { inPortions } from "./portions";

/** Channels that are changed by one call: few, so that the bar moves and no call takes long. */
const PORTION = 20;

/** Tests are another matter: they run in the background. */
export type Order = Omit<components["schemas"]["BatchBody"], "ids" | "action"> & {
  action: "enable" | "disable" | "delete" | "set";
};

export interface Work {
  action: Order["action"];
  total: number;
  done: number;
  failures: Failure[];
}

/** The same change to many channels: how far it is, or how it ended. */
export function useBatch() {
  const client = useQueryClient();
  const [work, setWork] = useState<Work>();
  const { mutateAsync, isPending } = useMutation({
    mutationFn: async ({ order, ids }: { order: Order; ids: number[] }) => {
      // those that a change removes from the list are named too
      const names = new Map(ids.map((id) => [id, nameOf(client, id)]));
      const failures: Failure[] = [];
      let done = 0;
      setWork({ action: order.action, total: ids.length, done, failures });
      for (const portion of inPortions(ids, PORTION)) {
        for (const { id, message } of await failuresOf(order, portion)) {
          failures.push({ id, message, name: names.get(id) ?? `#${id}` });
        }
        done += portion.length;
        setWork({ action: order.action, total: ids.length, done, failures });
      }
      return failures.map(({ id }) => id);
    },
    onSettled: () => refreshChannels(client),
  });
  return {
    work,
    isPending,
    /** Gives the ids of those that failed. */
    start: (order: Order, ids: number[]) => mutateAsync({ order, ids }),
    dismiss: () => setWork(undefined),
  };
}

async function failuresOf(order: Order, ids: number[]): Promise<{ id: number; message: string }[]> {
  try {
    const results = await take(api.POST("/api/channel/batch", { body: { ...order, ids } }));
    return results.filter(({ success }) => !success);
  } catch (error) {
    const message = describeError(error);
    return ids.map((id) => ({ id, message }));
  }
}
