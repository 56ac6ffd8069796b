import { isRoot, ROLE } from "@/app/roles";
import type { User, UserAction } from "./queries";

/** Why an action on a user is not allowed: the key of the text. */
export type Refusal = "yourself" | "yourselfEdit" | "notAbove" | "isRoot" | "rootOnly";

type Person = Pick<User, "id" | "role">;

/** Why `me` may not do that to `user`; undefined if allowed. The server applies the same rules. */
export function refusalOf(
  me: Person,
  user: Person,
  action: UserAction | "edit" | "topUp",
): Refusal | undefined {
  const self = me.id === user.id;
  if (action === "edit" || action === "topUp") {
    if (isRoot(me) || me.role > user.role) return undefined;
    if (!self) return "notAbove";
    return action === "edit" ? "yourselfEdit" : "yourself";
  }
  if (self) return "yourself";
  if (isRoot(user)) return "isRoot";
  if (me.role <= user.role) return "notAbove";
  return (action === "promote" || action === "demote") && !isRoot(me) ? "rootOnly" : undefined;
}

export function roleName(role: number): "common" | "admin" | "root" {
  if (role >= ROLE.root) return "root";
  return role >= ROLE.admin ? "admin" : "common";
}

/** The stored `status` of an enabled user. */
export const ENABLED = 1;
