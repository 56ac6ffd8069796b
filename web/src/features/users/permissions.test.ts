import { expect, it } from "vitest";
import { ROLE } from "@/app/roles";
import { refusalOf } from "./permissions";

const root = { id: 1, role: ROLE.root };
const carol = { id: 2, role: ROLE.admin };
const dave = { id: 3, role: ROLE.admin };
const alice = { id: 4, role: ROLE.common };

it.each([
  [root, alice, "promote", undefined],
  [root, carol, "demote", undefined],
  [root, carol, "delete", undefined],
  [root, root, "edit", undefined],
  [root, root, "topUp", undefined],
  [root, root, "disable", "yourself"],
  [root, { id: 9, role: ROLE.root }, "delete", "isRoot"],
  [carol, alice, "disable", undefined],
  [carol, alice, "topUp", undefined],
  [carol, alice, "promote", "rootOnly"],
  [carol, dave, "edit", "notAbove"],
  [carol, dave, "delete", "notAbove"],
  [carol, root, "disable", "isRoot"],
  [carol, root, "topUp", "notAbove"],
  [carol, carol, "edit", "yourselfEdit"],
  [carol, carol, "topUp", "yourself"],
  [carol, carol, "delete", "yourself"],
] as const)("%o to %o: %s, %s", (me, user, action, refusal) => {
  expect(refusalOf(me, user, action)).toBe(refusal);
});
