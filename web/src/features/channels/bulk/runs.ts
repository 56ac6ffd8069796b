import { type QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, take } from "@/api/client";
import type { components } from "@/api/schema";
import { refreshChannels } from "../queries";

export type Report = components["schemas"]["ReportObject"];
export type RunKind = "test" | "balance";

const POLL_EVERY = 1_000;

const READ = {
  test: () => take(api.GET("/api/channel/test/progress")),
  balance: () => take(api.GET("/api/channel/update_balance/progress")),
};

/** Progress of a run, polled only while it runs. */
function runQuery(kind: RunKind, client: QueryClient) {
  const queryKey = ["channel runs", kind];
  return queryOptions({
    queryKey,
    queryFn: async () => {
      const before = client.getQueryData<Report>(queryKey);
      const report = await READ[kind]();
      if (before?.running && !report.running) void refreshChannels(client);
      return report;
    },
    refetchInterval: (query) => (query.state.data?.running ? POLL_EVERY : false),
  });
}

/** A run over many channels in the server's background, whoever started it. */
export interface Run {
  /** Undefined if there is nothing to show. */
  report: Report | undefined;
  /** Starts a run with `start`, which fails if one is already running. */
  begin: (start: () => Promise<unknown>) => void;
  isStarting: boolean;
  dismiss: () => void;
}

export function useRun(kind: RunKind): Run {
  const client = useQueryClient();
  const query = runQuery(kind, client);
  const { data: report } = useQuery(query);
  const [watched, setWatched] = useState(false);
  // keep showing the end of a run that was seen running
  if (report?.running && !watched) setWatched(true);
  const { mutate, isPending } = useMutation({
    mutationFn: (start: () => Promise<unknown>) => start(),
    onSuccess: async () => {
      await client.fetchQuery({ ...query, staleTime: 0 });
      setWatched(true);
      await refreshChannels(client);
    },
  });
  return {
    report: watched ? report : undefined,
    begin: mutate,
    isStarting: isPending,
    dismiss: () => setWatched(false),
  };
}

export const testAll = (scope: "all" | "disabled") => () =>
  take(api.GET("/api/channel/test", { params: { query: { scope } } }));

export const testSome = (ids: number[]) => () =>
  take(api.POST("/api/channel/batch", { body: { action: "test", ids } }));

export const readBalances = () => take(api.GET("/api/channel/update_balance"));
