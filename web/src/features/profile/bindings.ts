import type { Status, User } from "@/app/queries";
import { type Method, methodsOn } from "../sign-in/methods/methods";

type Accounts = Pick<User, "github_id" | "oidc_id" | "lark_id" | "wechat_id">;

/** The user's ids at external providers. */
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

/** The bindings that exist or can be made. */
export function bindingsOf(
  user: Accounts,
  status: Parameters<typeof methodsOn>[0] & Partial<Status>,
): Binding[] {
  const on = methodsOn(status);
  return (Object.keys(ids) as Method[])
    .map((method) => ({ method, id: ids[method](user), on: on.includes(method) }))
    .filter((binding) => binding.on || binding.id !== "");
}
