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
import { complain } from "./complain";

export type Status = components["schemas"]["Status"];
export type User = components["schemas"]["OwnObject"];

/** A mutation whose component shows the error itself sets `meta: { quiet: true }`. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: false,
      // a refusal stays one; only an unreachable or overloaded server is asked again
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && [0, 502, 503].includes(error.status),
    },
  },
  queryCache: new QueryCache({
    onError: (error, query) => {
      // a page that shows old rows says that they are old
      if (query.state.data !== undefined) complain(error);
    },
  }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      if (!mutation.meta?.quiet) complain(error);
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

/** What the server switches on and how it is called; everything inside `App` may count on it. */
export function useStatus(): Status {
  return useSuspenseQuery(statusQuery).data;
}

export function useCurrency(): Currency {
  const status = useStatus();
  return { perUnit: status.quota_per_unit, inMoney: status.display_in_currency };
}

/** Who is signed in; null: nobody; undefined: not known yet. */
export function useSelf(): User | null | undefined {
  return useQuery(selfQuery).data;
}

/** Who is signed in, on pages that nobody else sees. */
export function useMe(): User {
  const me = useSelf();
  if (!me) throw new Error("useMe outside the pages of those who are signed in");
  return me;
}

/** Somebody else is here now: forget what was loaded for whoever was before, and learn who it is. */
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

/** Read what changed with a user's own account again: quota, name, bindings. */
export function refreshSelf(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: SELF });
}
