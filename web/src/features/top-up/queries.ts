import { useMutation, useQuery } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { refreshSelf } from "@/app/queries";

/** Redeems a code; returns its quota units. */
export function useRedeem() {
  return useMutation({
    meta: { quiet: true },
    mutationFn: (key: string) => take(api.POST("/api/user/topup", { body: { key } })),
    onSuccess: refreshSelf,
  });
}

/** One's own invitation code, which never changes. */
export function useInvitationCode() {
  return useQuery({
    queryKey: ["invitation-code"],
    queryFn: () => take(api.GET("/api/user/aff")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
