import { useSessionStorage } from "@mantine/hooks";
import { useMe } from "@/app/queries";

/** Per-user state that survives a reload and ends with the tab. `fits` rejects values of another shape. */
export function useTabState<T>(name: string, initial: T, fits: (kept: unknown) => kept is T) {
  return useSessionStorage<T>({
    key: `playground.${name}.${useMe().id}`,
    defaultValue: initial,
    getInitialValueInEffect: false,
    deserialize: (text) => {
      try {
        const kept: unknown = JSON.parse(text ?? "");
        return fits(kept) ? kept : initial;
      } catch {
        return initial;
      }
    },
  });
}
