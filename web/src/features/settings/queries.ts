import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import { describeError } from "@/components/describeError";
import type { Change, Values } from "./options/changes";

/** All options but the secret ones, which the server never returns. */
export function useOptions() {
  return useQuery({
    queryKey: ["options"],
    queryFn: async (): Promise<Values> => {
      const options = await take(api.GET("/api/option/"));
      return Object.fromEntries(options.map(({ key, value }) => [key, value]));
    },
  });
}

/** Stores options one by one; returns the reasons of those refused, by key. */
export function useSaveOptions() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (changes: Change[]): Promise<Values> => {
      const refused: Values = {};
      for (const { key, value } of changes) {
        try {
          await take(api.PUT("/api/option/", { body: { key, value } }));
        } catch (error) {
          refused[key] = describeError(error);
        }
      }
      return refused;
    },
    // an option may affect any page: site name, theme, prices, groups
    onSuccess: () => client.invalidateQueries(),
  });
}

export const useTestMail = () => useMutation({ mutationFn: () => take(api.POST("/api/option/test_mail")) });

export const useTestPusher = () =>
  useMutation({ mutationFn: () => take(api.POST("/api/option/test_pusher")) });
