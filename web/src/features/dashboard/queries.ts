import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, take } from "@/api/client";
import type { Channel } from "./troubles";

/** What everybody, or oneself, used in the last days; the rows of before stay until those of now are there. */
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

/** Where trouble is listed first: channels out of service, those whose test failed, slow ones, poor ones. */
const SUSPECT = [
  { status: DISABLED },
  { status: ENABLED, test_outcome: "failed" },
  // tests of before the outcome was stored: one that failed took no time
  { status: ENABLED, order: "response_time" },
  { status: ENABLED, order: "-response_time" },
  { status: ENABLED, order: "balance" },
];

/** The channels in which there may be trouble; some of them more than once. */
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
