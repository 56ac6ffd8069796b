import {
  MutationCache,
  QueryCache,
  QueryClient,
  queryOptions,
  useQuery,
  useSuspenseQuery,
} from "@tanstack/react-query";
import { ApiError, api, take, whenSignedOut } from "@/api/client";
import type { components } from "@/api/schema";
import type { Currency } from "@/format/money";
import { showError } from "./notifications";

export type Status = components["schemas"]["Status"];
export type User = components["schemas"]["OwnObject"];

/** A mutation whose component shows the error itself sets `meta: { quiet: true }`. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      // errors are final; only an unreachable or overloaded server is asked again
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && [0, 502, 503].includes(error.status),
    },
  },
  queryCache: new QueryCache({
    onError: (error, query) => {
      // a page that still shows old rows reports that refreshing failed
      if (query.state.data !== undefined) showError(error);
    },
  }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      if (!mutation.meta?.quiet) showError(error);
    },
  }),
});

const SELF = ["self"] as const;
const STATUS = ["status"] as const;

whenSignedOut(() => queryClient.setQueryData(SELF, null));

export const statusQuery = queryOptions({
  queryKey: STATUS,
  queryFn: () => take(api.GET("/api/status")),
  staleTime: 60_000,
});

export const selfQuery = queryOptions({
  queryKey: SELF,
  queryFn: async (): Promise<User | null> => {
    try {
      return await take(api.GET("/api/user/self"));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 30_000,
});

/** The server's features and names; always loaded inside `App`. */
export function useStatus(): Status {
  return useSuspenseQuery(statusQuery).data;
}

export function useCurrency(): Currency {
  const status = useStatus();
  return { perUnit: status.quota_per_unit, inMoney: status.display_in_currency };
}

/** The signed-in user; null: nobody; undefined: not known yet. */
export function useSelf(): User | null | undefined {
  return useQuery(selfQuery).data;
}

/** The signed-in user, on pages that require one. */
export function useMe(): User {
  const me = useSelf();
  if (!me) throw new Error("useMe outside the pages of those who are signed in");
  return me;
}

/** Another user has signed in: drop everything loaded for the previous one, and load the new one. */
export async function signedIn(): Promise<void> {
  forgetAllButStatus();
  await queryClient.fetchQuery({ ...selfQuery, staleTime: 0 });
}

export async function signOut(): Promise<void> {
  await take(api.GET("/api/user/logout"));
  forgetAllButStatus();
  queryClient.setQueryData(SELF, null);
}

function forgetAllButStatus(): void {
  queryClient.removeQueries({
    predicate: (query) => query.queryKey[0] !== STATUS[0] && query.queryKey[0] !== SELF[0],
  });
}

/** Reload the user's own account: quota, name, bindings. */
export function refreshSelf(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: SELF });
}
