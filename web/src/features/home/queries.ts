import { useQuery } from "@tanstack/react-query";
import { api, take } from "@/api/client";

/** Operator-supplied content; it seldom changes. */
const WRITTEN = { staleTime: 60_000 };

export function useNotice() {
  return useQuery({ ...WRITTEN, queryKey: ["notice"], queryFn: () => take(api.GET("/api/notice")) });
}

export function useHomePage() {
  return useQuery({
    ...WRITTEN,
    queryKey: ["home-page"],
    queryFn: () => take(api.GET("/api/home_page_content")),
  });
}

export function useAbout() {
  return useQuery({ ...WRITTEN, queryKey: ["about"], queryFn: () => take(api.GET("/api/about")) });
}
