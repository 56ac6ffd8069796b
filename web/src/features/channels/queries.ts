import {
  keepPreviousData,
  type QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { api, type Page, take, takeAll, takePage } from "@/api/client";
import type { components } from "@/api/schema";

export type Channel = components["schemas"]["ChannelObject"];
export type ChannelBody = components["schemas"]["ChannelBody"];
export type ChannelType = components["schemas"]["ChannelTypeObject"];

/** As the database keeps them. */
export const STATUS = { enabled: 1, disabledByHand: 2, disabledAutomatically: 3 } as const;

const CHANNELS = "channels";
const LISTS = [CHANNELS, "list"] as const;

export interface Filters {
  keyword: string;
  type: string;
  group: string;
  status: string;
  model: string;
  order: string;
}

export function useChannels(page: number, size: number, filters: Filters) {
  return useQuery({
    queryKey: [...LISTS, { page, size, ...filters }],
    queryFn: () => {
      const { type, status, ...texts } = filters;
      const query = { p: page, page_size: size, type: Number(type), status: Number(status), ...texts };
      return takePage(api.GET("/api/channel/", { params: { query } }));
    },
    placeholderData: keepPreviousData,
  });
}

export function useChannel(id: number) {
  return useQuery({
    queryKey: [CHANNELS, "one", id],
    queryFn: () => take(api.GET("/api/channel/{channel_id}", { params: { path: { channel_id: id } } })),
    enabled: id > 0,
    // a form must start from the current values
    gcTime: 0,
  });
}

/** The form fields of each channel type; constant while the server runs. */
export function useChannelTypes() {
  return useQuery({
    queryKey: [CHANNELS, "types"],
    queryFn: () => take(api.GET("/api/channel/types")),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useGroups() {
  return useQuery({
    queryKey: [CHANNELS, "groups"],
    queryFn: () => take(api.GET("/api/group/")),
    staleTime: 60_000,
  });
}

/** Every model that any type knows. */
export function useKnownModels() {
  return useQuery({
    queryKey: [CHANNELS, "known models"],
    queryFn: async () => {
      const { data } = await takeAll(api.GET("/api/channel/models"));
      const ids = data.map((model) => ("id" in model ? String(model.id) : ""));
      return [...new Set(ids.filter(Boolean))];
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The channel's name, if it is in a loaded list. */
export function nameOf(client: QueryClient, id: number): string {
  for (const [, page] of client.getQueriesData<Page<Channel>>({ queryKey: LISTS })) {
    const found = page?.rows.find((channel) => channel.id === id);
    if (found) return found.name;
  }
  return `#${id}`;
}

export function refreshChannels(client: QueryClient): Promise<void> {
  return client.invalidateQueries({ queryKey: LISTS });
}

/** After a change, reload all lists. */
function useChange<V, R>(change: (value: V) => Promise<R>, quiet = false) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () => refreshChannels(client),
    meta: { quiet },
  });
}

export const useUpdateChannel = () =>
  useChange((body: ChannelBody) => take(api.PUT("/api/channel/", { body })));

/** Stores the form, which shows the error itself; returns the ids of the channels created or changed. */
export const useSaveChannel = () =>
  useChange(async ({ body, count }: { body: ChannelBody; count: number }): Promise<number[]> => {
    if (body.id) {
      const { id } = await take(api.PUT("/api/channel/", { body }));
      return [id];
    }
    await take(api.POST("/api/channel/", { body }));
    // the answer does not contain them, but they are the newest with that name
    const query = { order: "-id", page_size: Math.min(100, count), keyword: body.name ?? "" };
    const newest = await take(api.GET("/api/channel/", { params: { query } }));
    return newest.filter((channel) => channel.name === body.name).map((channel) => channel.id);
  }, true);

const at = (id: number) => ({ params: { path: { channel_id: id } } });

export const useCopyChannel = () =>
  useChange((id: number) => take(api.POST("/api/channel/copy/{channel_id}", at(id))));

export const useDeleteChannel = () =>
  useChange((id: number) => take(api.DELETE("/api/channel/{channel_id}", at(id))));

export const useDeleteDisabled = () => useChange(() => take(api.DELETE("/api/channel/disabled")));

/** How many channels are disabled, by hand or automatically. */
export async function countDisabled(): Promise<number> {
  const count = async (status: number) =>
    (await takePage(api.GET("/api/channel/", { params: { query: { status, page_size: 1 } } }))).total;
  const [byHand, automatically] = await Promise.all([
    count(STATUS.disabledByHand),
    count(STATUS.disabledAutomatically),
  ]);
  return byHand + automatically;
}

/** A failed test is a result too, so the caller shows it. */
export const useTestChannel = () =>
  useChange(
    ({ id, model }: { id: number; model: string }) =>
      takeAll(
        api.GET("/api/channel/test/{channel_id}", {
          params: { path: { channel_id: id }, query: { model } },
        }),
      ),
    true,
  );

export const useReadBalance = () =>
  useChange((id: number) => takeAll(api.GET("/api/channel/update_balance/{channel_id}", at(id))));
