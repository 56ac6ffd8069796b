import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take, takePage } from "@/api/client";
import type { components } from "@/api/schema";

export type Token = components["schemas"]["TokenObject"];
export type TokenBody = components["schemas"]["TokenBody"];

const TOKENS = "tokens";

interface Listing {
  page: number;
  size: number;
  keyword: string;
  order: string;
}

/** One's own tokens. A search shows all matches on one page, as the API returns them. */
export function useTokens({ page, size, keyword, order }: Listing) {
  return useQuery({
    queryKey: [TOKENS, { page, size, keyword, order }],
    queryFn: () =>
      keyword
        ? takePage(api.GET("/api/token/search", { params: { query: { keyword } } }))
        : takePage(api.GET("/api/token/", { params: { query: { p: page, page_size: size, order } } })),
    placeholderData: keepPreviousData,
  });
}

/** The token's current state: an edit must not overwrite what was used meanwhile. */
export function useToken(id: number) {
  return useQuery({
    queryKey: [TOKENS, id],
    queryFn: () => take(api.GET("/api/token/{token_id}", { params: { path: { token_id: id } } })),
    gcTime: 0,
  });
}

export function useAvailableModels() {
  return useQuery({
    queryKey: ["available-models"],
    queryFn: () => take(api.GET("/api/user/available_models")),
    staleTime: 60_000,
  });
}

/** After a change, reload all lists of tokens. */
function useChange<V, R>(change: (value: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    // not awaited: the row that shows the confirmation may be gone once the list is reloaded
    onSuccess: () => void client.invalidateQueries({ queryKey: [TOKENS] }),
  });
}

/** Creates a token, or changes the one whose `id` the body names. */
export const useSaveToken = () =>
  useChange((body: TokenBody) =>
    take(body.id ? api.PUT("/api/token/", { body }) : api.POST("/api/token/", { body })),
  );

export const useSwitchToken = () =>
  useChange(({ id, status }: { id: number; status: number }) =>
    take(api.PUT("/api/token/", { params: { query: { status_only: "true" } }, body: { id, status } })),
  );

export const useDeleteToken = () =>
  useChange((id: number) =>
    take(api.DELETE("/api/token/{token_id}", { params: { path: { token_id: id } } })),
  );
