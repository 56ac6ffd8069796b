import { useSessionStorage } from "@mantine/hooks";
import { useMe } from "@/app/queries";

/** State of one's own that survives a reload of this tab, and ends with the tab. `fits` tells what is none of ours. */
export function useKept<T>(name: string, initial: T, fits: (kept: unknown) => kept is T) {
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
