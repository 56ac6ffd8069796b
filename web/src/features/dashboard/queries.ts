import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { Channel } from "./troubles";

/** Usage of the last days, of everybody or oneself; old rows stay until new ones have loaded. */
export function useDailyUse({ everybody, days }: { everybody: boolean; days: number }) {
  return useQuery({
    queryKey: ["dashboard", { everybody, days }],
    queryFn: () => {
      const params = { query: { days } };
      return everybody
        ? take(api.GET("/api/log/dashboard", { params }))
        : take(api.GET("/api/log/self/dashboard", { params }));
    },
    placeholderData: keepPreviousData,
  });
}

const ENABLED = 1;
const DISABLED = 3;

/** Queries that list problems first: disabled channels, failed tests, slow channels, low balances. */
const SUSPECT = [
  { status: DISABLED },
  { status: ENABLED, test_outcome: "failed" },
  // for tests older than the stored outcome, a response time of 0 means failure
  { status: ENABLED, order: "response_time" },
  { status: ENABLED, order: "-response_time" },
  { status: ENABLED, order: "balance" },
];

/** Channels that may have problems; some may appear more than once. */
export function useSuspects() {
  return useQuery({
    queryKey: ["channels", "suspects"],
    queryFn: async (): Promise<Channel[]> => {
      const found = await Promise.all(
        SUSPECT.map((which) =>
          take(api.GET("/api/channel/", { params: { query: { ...which, page_size: 100 } } })),
        ),
      );
      return found.flat();
    },
  });
}
