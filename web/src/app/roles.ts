import type { User } from "./queries";

/** As the database keeps them. */
export const ROLE = { guest: 0, common: 1, admin: 10, root: 100 } as const;

export function isAdmin(user: Pick<User, "role"> | null | undefined): boolean {
  return (user?.role ?? 0) >= ROLE.admin;
}

export function isRoot(user: Pick<User, "role"> | null | undefined): boolean {
  return (user?.role ?? 0) >= ROLE.root;
}
