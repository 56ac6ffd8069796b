import { expect, it } from "vitest";
import { randomUuid, shopAddress } from "./shop";

const user = { id: 7, username: "小明" };

it("tells the shop who comes", () => {
  const address = new URL(shopAddress("https://pay.example.com/buy?lang=zh", user, "t-1") ?? "");
  expect(address.origin + address.pathname).toBe("https://pay.example.com/buy");
  expect(Object.fromEntries(address.searchParams)).toEqual({
    lang: "zh",
    username: "小明",
    user_id: "7",
    transaction_id: "t-1",
  });
});

it("goes to no address but those of the web", () => {
  for (const bad of ["", "pay.example.com", "javascript:alert(1)", "https://"]) {
    expect(shopAddress(bad, user, "t-1")).toBeUndefined();
  }
});

it("makes UUIDs of version 4", () => {
  expect(randomUuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(randomUuid()).not.toBe(randomUuid());
});
