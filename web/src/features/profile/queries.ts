import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { components } from "@/api/schema";
import { refreshSelf } from "@/app/queries";

/** These forms show their errors themselves. */
const AT_THE_FORM = { meta: { quiet: true } };

export function useChangeSelf() {
  return useMutation({
    ...AT_THE_FORM,
    mutationFn: (body: components["schemas"]["OwnBody"]) => take(api.PUT("/api/user/self", { body })),
    onSuccess: refreshSelf,
  });
}

export type Session = components["schemas"]["SessionObject"];

const SESSIONS = ["sessions"];

/** The user's sessions, the most recently used first. */
export function useSessions() {
  return useQuery({ queryKey: SESSIONS, queryFn: () => take(api.GET("/api/user/sessions")) });
}

/** Ends one session, or all others. */
export function useEndSessions() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id?: string) =>
      id
        ? take(api.DELETE("/api/user/sessions/{session_id}", { params: { path: { session_id: id } } }))
        : take(api.DELETE("/api/user/sessions")),
    onSettled: () => client.invalidateQueries({ queryKey: SESSIONS }),
  });
}

/** Creates a new access token; the previous one stops working. */
export function useRenewAccessToken() {
  return useMutation({ mutationFn: () => take(api.GET("/api/user/token")) });
}

export function useBindEmail() {
  return useMutation({
    ...AT_THE_FORM,
    mutationFn: (query: { email: string; code: string }) =>
      take(api.GET("/api/oauth/email/bind", { params: { query } })),
    onSuccess: refreshSelf,
  });
}

export function useBindWeChat() {
  return useMutation({
    ...AT_THE_FORM,
    mutationFn: (code: string) => take(api.GET("/api/oauth/wechat/bind", { params: { query: { code } } })),
    onSuccess: refreshSelf,
  });
}

export function useDeleteSelf() {
  return useMutation({
    ...AT_THE_FORM,
    mutationFn: () => take(api.DELETE("/api/user/self")),
  });
}
