import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take, takePage } from "@/api/client";
import type { components } from "@/api/schema";
import { everybodysQuery, type Filters, ownQuery } from "./filters";

export type LogRow = components["schemas"]["LogObject"];

const LOGS = "logs";
/** The API's counting limit. */
export const COUNTED = 10_000;

interface Asked {
  everybody: boolean;
  filters: Filters;
  /** Refresh interval in milliseconds; paused while the page is hidden. */
  every: number | false;
}

const now = () => Math.floor(Date.now() / 1000);

export function useLogs({ everybody, filters, every, page, size }: Asked & { page: number; size: number }) {
  return useQuery({
    queryKey: [LOGS, "rows", { everybody, filters, page, size }],
    queryFn: async () => {
      const of = { p: page, page_size: size };
      const found = await (everybody
        ? takePage(api.GET("/api/log/", { params: { query: { ...everybodysQuery(filters, now()), ...of } } }))
        : takePage(api.GET("/api/log/self", { params: { query: { ...ownQuery(filters, now()), ...of } } })));
      // one's own rows have no ids
      return { ...found, rows: found.rows.map((row, index) => ({ ...row, id: row.id || -1 - index })) };
    },
    placeholderData: keepPreviousData,
    refetchInterval: every,
  });
}

/** The quota that the matching calls consumed, whatever type is selected. */
export function useConsumed({ everybody, filters, every }: Asked) {
  return useQuery({
    queryKey: [LOGS, "consumed", { everybody, filters: { ...filters, type: "" } }],
    queryFn: () =>
      everybody
        ? take(api.GET("/api/log/stat", { params: { query: everybodysQuery(filters, now()) } }))
        : take(api.GET("/api/log/self/stat", { params: { query: ownQuery(filters, now()) } })),
    placeholderData: keepPreviousData,
    refetchInterval: every,
  });
}

export function useRefresh(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: [LOGS] });
}

/** Deletes all rows older than this time, in unix seconds. */
export function useDeleteBefore() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (timestamp: number) =>
      take(api.DELETE("/api/log/", { params: { query: { target_timestamp: timestamp } } })),
    // even if interrupted, it has deleted some
    onSettled: () => client.invalidateQueries({ queryKey: [LOGS] }),
  });
}
