import type { Status, User } from "@/app/queries";
import { type Method, methodsOn } from "../sign-in/methods/methods";

type Accounts = Pick<User, "github_id" | "oidc_id" | "lark_id" | "wechat_id">;

/** Who the user is elsewhere. */
const ids: Record<Method, (user: Accounts) => string> = {
  github: (user) => user.github_id,
  oidc: (user) => user.oidc_id,
  lark: (user) => user.lark_id,
  wechat: (user) => user.wechat_id,
};

export interface Binding {
  method: Method;
  /** Empty: not bound. */
  id: string;
  /** Whether an account can be bound now. */
  on: boolean;
}

/** What is bound, or can be. */
export function bindingsOf(
  user: Accounts,
  status: Parameters<typeof methodsOn>[0] & Partial<Status>,
): Binding[] {
  const on = methodsOn(status);
  return (Object.keys(ids) as Method[])
    .map((method) => ({ method, id: ids[method](user), on: on.includes(method) }))
    .filter((binding) => binding.on || binding.id !== "");
}
