import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, takePage } from "@/api/client";
import type { components, operations } from "@/api/schema";

export type AuditEntry = components["schemas"]["AuditObject"];
type Query = NonNullable<operations["get_audit"]["parameters"]["query"]>;

/** What administrators did, newest first. */
export function useAudit(query: Query) {
  return useQuery({
    queryKey: ["audit", query],
    queryFn: () => takePage(api.GET("/api/audit", { params: { query } })),
    placeholderData: keepPreviousData,
  });
}
