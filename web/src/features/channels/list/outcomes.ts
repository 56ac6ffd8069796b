import type { Channel } from "../queries";

/** Whether the last test failed. For tests older than the stored outcome, a response time of 0 means failure. */
export function hasFailed({ test_outcome, test_time, response_time }: Channel): boolean {
  return test_outcome ? test_outcome === "failed" : test_time > 0 && response_time === 0;
}
