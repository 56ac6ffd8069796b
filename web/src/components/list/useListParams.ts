import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

export const PAGE_SIZES = [10, 20, 50, 100];
const USUAL_SIZE = 20;

/** Which rows a list shows. Kept in the URL, so that pages can be shared, reloaded and revisited. */
export interface ListParams<F extends Record<string, string>> {
  /** From 0. */
  page: number;
  size: number;
  filters: F;
  /** Whether any filter is set. */
  filtered: boolean;
  setPage: (page: number) => void;
  setSize: (size: number) => void;
  /** Sets these filters and returns to the first page. */
  setFilters: (changed: Partial<F>) => void;
}

/** `defaults` are the list's filters; those at their default are left out of the URL. */
export function useListParams<F extends Record<string, string>>(defaults: F): ListParams<F> {
  const [search, setSearch] = useSearchParams();
  const page = wholeNumber(search.get("p"), 0);
  const asked = wholeNumber(search.get("size"), USUAL_SIZE);
  const size = PAGE_SIZES.includes(asked) ? asked : USUAL_SIZE;
  const filters = useMemo(() => {
    const entries = Object.entries(defaults).map(([name, usual]) => [name, search.get(name) ?? usual]);
    return Object.fromEntries(entries) as F;
  }, [search, defaults]);

  const change = useCallback(
    (changed: Record<string, string | undefined>) =>
      setSearch(
        (old) => {
          const next = new URLSearchParams(old);
          for (const [name, value] of Object.entries(changed)) {
            if (value === undefined || value === (defaults[name] ?? "")) next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: true },
      ),
    [setSearch, defaults],
  );

  return {
    page,
    size,
    filters,
    filtered: Object.entries(defaults).some(([name, usual]) => filters[name] !== usual),
    setPage: (next) => change({ p: next > 0 ? String(next) : undefined }),
    setSize: (next) => change({ size: next === USUAL_SIZE ? undefined : String(next), p: undefined }),
    setFilters: (changed) => change({ ...changed, p: undefined }),
  };
}

function wholeNumber(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}
