import type { Channel } from "../queries";

/** Whether the last test failed; tests of before the outcome was stored say so by having taken no time. */
export function hasFailed({ test_outcome, test_time, response_time }: Channel): boolean {
  return test_outcome ? test_outcome === "failed" : test_time > 0 && response_time === 0;
}
