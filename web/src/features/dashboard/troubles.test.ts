import { expect, it } from "vitest";
import { type Channel, troubled } from "./troubles";

const channel = (id: number, changed: Partial<Channel> = {}): Channel =>
  ({
    id,
    status: 1,
    test_time: 7,
    response_time: 900,
    balance: 0,
    balance_updated_time: 0,
    ...changed,
  }) as Channel;

it("tells which channels need attention and why, disabled ones first, each once", () => {
  const suspects = [
    channel(1),
    channel(2, { response_time: 9_000 }),
    channel(2, { response_time: 9_000 }),
    channel(3, { balance: 0.2, balance_updated_time: 7 }),
    channel(4, { status: 3, response_time: 9_000 }),
    channel(5, { response_time: 0 }),
    channel(8, { response_time: 4, test_outcome: "failed" }),
    channel(9, { response_time: 9_000, test_outcome: "failed" }),
    channel(10, { response_time: 0, test_outcome: "skipped" }),
    channel(6, { response_time: 0, test_time: 0 }),
    channel(7, { response_time: 9_000, balance: -1, balance_updated_time: 7 }),
  ];
  expect(troubled(suspects).map(({ channel: { id }, troubles }) => [id, ...troubles])).toEqual([
    [4, "disabled"],
    [7, "slow", "poor"],
    [2, "slow"],
    [3, "poor"],
    [5, "failed"],
    [8, "failed"],
    [9, "failed"],
  ]);
});
