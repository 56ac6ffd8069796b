import { localPath } from "./localPath";

/** As in the original, so that an invitation survives until one registers, whatever one reads before. */
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

/** Where to go after the browser has been sent elsewhere to sign in; null: nowhere special. */
export function keepDestination(path: string | null): void {
  if (path === null) sessionStorage.removeItem(DESTINATION);
  else sessionStorage.setItem(DESTINATION, path);
}

export function takeDestination(): string | undefined {
  const path = sessionStorage.getItem(DESTINATION);
  sessionStorage.removeItem(DESTINATION);
  return localPath(path);
}
