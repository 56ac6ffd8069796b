import type { Status } from "@/app/queries";

/** Where an account may be that signs one in here. */
export type Method = "github" | "oidc" | "lark" | "wechat";

/** To those the browser is sent, and comes back from. */
export type Redirecting = Exclude<Method, "wechat">;

type Switches = Pick<Status, "github_oauth" | "oidc" | "lark_client_id" | "wechat_login">;

/** The methods that the operator has switched on. */
export function methodsOn(status: Switches): Method[] {
  const methods: (Method | false)[] = [
    status.github_oauth && "github",
    status.oidc && "oidc",
    status.lark_client_id !== "" && "lark",
    status.wechat_login && "wechat",
  ];
  return methods.filter((method) => method !== false);
}

export function isRedirecting(method: string | undefined): method is Redirecting {
  return method === "github" || method === "oidc" || method === "lark";
}

/** The address that sends the browser to `method`; whoever is signed in binds the account there. */
export function startOf(method: Redirecting): string {
  return `/api/oauth/${method}/start`;
}
