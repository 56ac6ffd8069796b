import { describe, expect, it } from "vitest";
import { badSubnet } from "./subnets";

describe("badSubnet", () => {
  it.each([
    "",
    "192.168.0.0/16",
    "10.1.2.3/32, 0.0.0.0/0",
    "2001:db8::/32",
    "::/0",
    "::1/128",
    "fe80::1:2/64",
    "1:2:3:4:5:6:7:8/128",
    "::ffff:10.0.0.0/104",
    " 10.0.0.0/8 , 2001:DB8::/32 ",
  ])("accepts %j", (list) => expect(badSubnet(list)).toBeUndefined());

  it.each([
    "10.0.0.1",
    "10.0.0.0/33",
    "10.0.0/8",
    "256.0.0.0/8",
    "010.0.0.0/8",
    "10.0.0.0/",
    "2001:db8::/129",
    "2001:db8:::/32",
    "1::2::3/64",
    "1:2:3:4:5:6:7/64",
    "1:2:3:4:5:6:7:8:9/64",
    "1:2:3:4:5:6:7::8/64",
    "12345::/16",
    ":1/64",
    "::ffff:10.0.0/104",
    "localhost/8",
  ])("refuses %j", (list) => expect(badSubnet(list)).toBe(list));

  it("names the entry that is wrong", () => expect(badSubnet("10.0.0.0/8, nonsense")).toBe("nonsense"));
});
