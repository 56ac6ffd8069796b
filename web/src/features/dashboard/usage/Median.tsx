import { formatDuration } from "@/format/time";
import { useDashboardTexts } from "../texts";
import { medianTime, TIME_BOUNDS } from "./medianTime";
import type { Usage } from "./usage";

/** The approximate median duration of requests. */
export function Median({ of: use }: { of: Usage }) {
  const say = useDashboardTexts();
  const median = medianTime(use.times, use.requests);
  if (median === null) return "–";
  const shown = formatDuration(median);
  return median === TIME_BOUNDS.at(-1) ? say("over", { time: shown }) : shown;
}
