import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take, takePage } from "@/api/client";
import type { components } from "@/api/schema";

export type Redemption = components["schemas"]["RedemptionObject"];
export type NewRedemptions = components["schemas"]["NewRedemptions"];
type RedemptionChange = components["schemas"]["RedemptionChange"];

const CODES = "redemptions";

/** A search shows all matches on one page, as the API returns them. */
export function useRedemptions({ page, size, keyword }: { page: number; size: number; keyword: string }) {
  return useQuery({
    queryKey: [CODES, { page, size, keyword }],
    queryFn: () =>
      keyword
        ? takePage(api.GET("/api/redemption/search", { params: { query: { keyword } } }))
        : takePage(api.GET("/api/redemption/", { params: { query: { p: page, page_size: size } } })),
    placeholderData: keepPreviousData,
  });
}

export function useRedemption(id: number) {
  return useQuery({
    queryKey: [CODES, id],
    queryFn: () =>
      take(api.GET("/api/redemption/{redemption_id}", { params: { path: { redemption_id: id } } })),
    gcTime: 0,
  });
}

/** After a change, reload all lists of codes. */
function useChange<V, R>(change: (value: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    // not awaited: the row that shows the confirmation may be gone once the list is reloaded
    onSuccess: () => void client.invalidateQueries({ queryKey: [CODES] }),
  });
}

/** Returns the codes. */
export const useCreateRedemptions = () =>
  useChange((body: NewRedemptions) => take(api.POST("/api/redemption/", { body })));

export const useUpdateRedemption = () =>
  useChange((body: RedemptionChange) => take(api.PUT("/api/redemption/", { body })));

export const useSwitchRedemption = () =>
  useChange(({ id, status }: { id: number; status: number }) =>
    take(api.PUT("/api/redemption/", { params: { query: { status_only: "true" } }, body: { id, status } })),
  );

export const useDeleteRedemption = () =>
  useChange((id: number) =>
    take(api.DELETE("/api/redemption/{redemption_id}", { params: { path: { redemption_id: id } } })),
  );
