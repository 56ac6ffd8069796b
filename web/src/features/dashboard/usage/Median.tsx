import { formatDuration } from "@/format/time";
import { useDashboardTexts } from "../texts";
import { medianTime, TIME_BOUNDS } from "./medianTime";
import type { Use } from "./use";

/** About how long half of the requests took at most. */
export function Median({ of: use }: { of: Use }) {
  const say = useDashboardTexts();
  const median = medianTime(use.times, use.requests);
  if (median === null) return "–";
  const shown = formatDuration(median);
  return median === TIME_BOUNDS.at(-1) ? say("over", { time: shown }) : shown;
}
