import { useMutation } from "@tanstack/react-query";
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

/** Makes a new access token; the one before stops working. */
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
