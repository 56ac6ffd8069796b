import { useMutation, useQuery } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { refreshSelf } from "@/app/queries";

/** Redeems a code; the quota units it gave. */
export function useRedeem() {
  return useMutation({
    meta: { quiet: true },
    mutationFn: (key: string) => take(api.POST("/api/user/topup", { body: { key } })),
    onSuccess: refreshSelf,
  });
}

/** The code by which one invites; it stays the same. */
export function useInvitationCode() {
  return useQuery({
    queryKey: ["invitation-code"],
    queryFn: () => take(api.GET("/api/user/aff")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
