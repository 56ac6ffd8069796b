import { useMutation } from "@tanstack/react-query";
import { api, take, takeAll } from "@/api/client";
import type { components } from "@/api/schema";
import { refreshSelf, signedIn } from "@/app/queries";
import type { Redirecting } from "./methods/methods";

/** These forms show their errors themselves. */
const AT_THE_FORM = { meta: { quiet: true } };

type Credentials = { username: string; password: string };

export function usePasswordSignIn() {
  return useMutation({
    ...AT_THE_FORM,
    mutationFn: (body: Credentials) => take(api.POST("/api/user/login", { body })),
    onSuccess: signedIn,
  });
}

export function useWeChatSignIn() {
  return useMutation({
    ...AT_THE_FORM,
    mutationFn: (code: string) => take(api.GET("/api/oauth/wechat", { params: { query: { code } } })),
    onSuccess: signedIn,
  });
}

interface Registration {
  body: components["schemas"]["RegistrationBody"];
  turnstile: string;
}

export function useRegister() {
  return useMutation({
    ...AT_THE_FORM,
    mutationFn: ({ body, turnstile }: Registration) =>
      take(api.POST("/api/user/register", { params: { query: { turnstile } }, body })),
  });
}

interface Addressed {
  email: string;
  turnstile: string;
}

export function useSendCode() {
  return useMutation({
    ...AT_THE_FORM,
    mutationFn: (query: Addressed) => take(api.GET("/api/verification", { params: { query } })),
  });
}

export function useAskReset() {
  return useMutation({
    ...AT_THE_FORM,
    mutationFn: (query: Addressed) => take(api.GET("/api/reset_password", { params: { query } })),
  });
}

export function useReset() {
  return useMutation({
    ...AT_THE_FORM,
    mutationFn: (body: { email: string; token: string }) => take(api.POST("/api/user/reset", { body })),
  });
}

export type Outcome = { kind: "signedIn" } | { kind: "bound" } | { kind: "failed"; error: unknown };

const CALLS = {
  github: (query: { code: string; state: string }) =>
    takeAll(api.GET("/api/oauth/github", { params: { query } })),
  oidc: (query: { code: string; state: string }) =>
    takeAll(api.GET("/api/oauth/oidc", { params: { query } })),
  lark: (query: { code: string; state: string }) =>
    takeAll(api.GET("/api/oauth/lark", { params: { query } })),
};

const outcomes = new Map<string, Promise<Outcome>>();

/** The result of returning from `source`. The server accepts a state once, but components may render twice. */
export function comeBack(source: Redirecting, code: string, state: string): Promise<Outcome> {
  const known = outcomes.get(state);
  if (known) return known;
  const outcome = answer(source, code, state);
  outcomes.set(state, outcome);
  return outcome;
}

async function answer(source: Redirecting, code: string, state: string): Promise<Outcome> {
  try {
    const { message } = await CALLS[source]({ code, state });
    if (message === "bind") {
      await refreshSelf();
      return { kind: "bound" };
    }
    await signedIn();
    return { kind: "signedIn" };
  } catch (error) {
    return { kind: "failed", error };
  }
}
