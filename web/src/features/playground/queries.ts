import { useQuery } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { components } from "@/api/schema";

export type Token = components["schemas"]["TokenObject"];

const PLAYGROUND = "playground";
const ENABLED = 1;
const CONSUMED = 2;

export function useModels() {
  return useQuery({
    queryKey: [PLAYGROUND, "models"],
    queryFn: () => take(api.GET("/api/user/available_models")),
  });
}

/** One's own usable tokens; the newest hundred. */
export function useUsableTokens() {
  return useQuery({
    queryKey: [PLAYGROUND, "tokens"],
    queryFn: () => take(api.GET("/api/token/", { params: { query: { p: 0, page_size: 100 } } })),
    select: (tokens) => (tokens ?? []).filter((token) => token.status === ENABLED),
  });
}

/** The request's cost; null if the log does not have it yet. Another worker may write it a second or two later. */
export function useCost(requestId: string | undefined) {
  return useQuery({
    queryKey: [PLAYGROUND, "cost", requestId],
    queryFn: async () => {
      const query = { p: 0, page_size: 50, type: CONSUMED };
      const rows = await take(api.GET("/api/log/self", { params: { query } }));
      return rows?.find((row) => row.request_id === requestId)?.quota ?? null;
    },
    enabled: requestId !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (state.data === null && state.dataUpdateCount < 3 ? 1_500 : false),
  }).data;
}
