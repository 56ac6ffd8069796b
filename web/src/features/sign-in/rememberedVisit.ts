import { localPath } from "./localPath";

/** Same key as the original. Keeps an invitation until registration, whatever pages are visited before. */
const INVITATION = "aff";
const DESTINATION = "sign-in-next";

export function keepInvitation(code: string): void {
  localStorage.setItem(INVITATION, code);
}

export function keptInvitation(): string {
  return localStorage.getItem(INVITATION) ?? "";
}

export function forgetInvitation(): void {
  localStorage.removeItem(INVITATION);
}

/** Where to go after signing in at another site; null: nowhere special. */
export function keepDestination(path: string | null): void {
  if (path === null) sessionStorage.removeItem(DESTINATION);
  else sessionStorage.setItem(DESTINATION, path);
}

export function takeDestination(): string | undefined {
  const path = sessionStorage.getItem(DESTINATION);
  sessionStorage.removeItem(DESTINATION);
  return localPath(path);
}
