import type { Status } from "@/app/queries";

/** External sign-in methods. */
export type Method = "github" | "oidc" | "lark" | "wechat";

/** The methods that redirect the browser and back. */
export type Redirecting = Exclude<Method, "wechat">;

type Switches = Pick<Status, "github_oauth" | "oidc" | "lark_client_id" | "wechat_login">;

/** The methods that the operator enabled. */
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

/** The address that redirects to `method`; a signed-in user binds the external account. */
export function startOf(method: Redirecting): string {
  return `/api/oauth/${method}/start`;
}
