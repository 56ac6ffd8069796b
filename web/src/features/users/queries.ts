import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take, takePage } from "@/api/client";
import type { components } from "@/api/schema";
import { refreshSelf } from "@/app/queries";

export type User = components["schemas"]["UserObject"];
type NewUserBody = components["schemas"]["NewUserBody"];
type UserBody = components["schemas"]["UserBody"];
type TopUpBody = components["schemas"]["TopUpBody"];

export type UserAction = "enable" | "disable" | "promote" | "demote" | "delete";

const USERS = "users";

interface Listing {
  page: number;
  size: number;
  keyword: string;
  order: string;
}

/** A search shows all matches on one page, as the API returns them. */
export function useUsers({ page, size, keyword, order }: Listing) {
  return useQuery({
    queryKey: [USERS, { page, size, keyword, order }],
    queryFn: () =>
      keyword
        ? takePage(api.GET("/api/user/search", { params: { query: { keyword } } }))
        : takePage(api.GET("/api/user/", { params: { query: { p: page, page_size: size, order } } })),
    placeholderData: keepPreviousData,
  });
}

export function useUser(id: number) {
  return useQuery({
    queryKey: [USERS, id],
    queryFn: () => take(api.GET("/api/user/{user_id}", { params: { path: { user_id: id } } })),
    gcTime: 0,
  });
}

export function useGroups() {
  return useQuery({
    queryKey: ["groups"],
    queryFn: () => take(api.GET("/api/group/")),
    staleTime: 60_000,
  });
}

/** After a change, reload all lists of users, and one's own account if it was changed. */
function useChange<V, R>(change: (value: V) => Promise<R>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    // not awaited: the row that shows the confirmation may be gone once the list is reloaded
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: [USERS] });
      void refreshSelf();
    },
  });
}

export const useCreateUser = () => useChange((body: NewUserBody) => take(api.POST("/api/user/", { body })));

export const useUpdateUser = () => useChange((body: UserBody) => take(api.PUT("/api/user/", { body })));

export const useManageUser = () =>
  useChange((body: { username: string; action: UserAction }) => take(api.POST("/api/user/manage", { body })));

/** `once` is the idempotency key: repeated requests give the quota once. */
export const useTopUp = () =>
  useChange(({ once, ...body }: TopUpBody & { once: string }) =>
    take(api.POST("/api/topup", { body, headers: { "Idempotency-Key": once } })),
  );
