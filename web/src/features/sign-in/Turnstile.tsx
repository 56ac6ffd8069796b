import { Alert, useComputedColorScheme } from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useStatus } from "@/app/queries";
import { useSignInTexts } from "./texts";

interface Options {
  sitekey: string;
  theme: "light" | "dark";
  callback: (token: string) => void;
  "expired-callback": () => void;
  "error-callback": () => void;
}

declare global {
  interface Window {
    turnstile?: { render: (place: HTMLElement, options: Options) => string; remove: (id: string) => void };
  }
}

/** https://developers.cloudflare.com/turnstile/get-started/client-side-rendering/ */
const SCRIPT = "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit";

let loading: Promise<void> | undefined;

function loadScript(): Promise<void> {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = SCRIPT;
    script.async = true;
    script.onload = () => resolve();
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error(SCRIPT));
    };
    document.head.append(script);
  });
  return loading;
}

export interface HumanCheck {
  /** The token to send with the call; empty if the check is off. */
  token: string;
  /** Whether the check has been passed, or is off. */
  passed: boolean;
  /** The server accepts each token once: call this after a request to get another. */
  renew: () => void;
  widget: ReactNode;
}

/** Cloudflare's bot check, if the operator enabled it. */
export function useHumanCheck(): HumanCheck {
  const { turnstile_check, turnstile_site_key } = useStatus();
  const [token, setToken] = useState("");
  const [round, setRound] = useState(0);
  const renew = () => {
    setToken("");
    setRound((now) => now + 1);
  };
  return {
    token,
    passed: !turnstile_check || token !== "",
    renew,
    widget: turnstile_check && <Widget key={round} siteKey={turnstile_site_key} onToken={setToken} />,
  };
}

function Widget({ siteKey, onToken }: { siteKey: string; onToken: (token: string) => void }) {
  const say = useSignInTexts();
  const theme = useComputedColorScheme("light");
  const place = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState(false);
  // Cloudflare's script renders into the page by itself
  useEffect(() => {
    let widget: string | undefined;
    let gone = false;
    const draw = () => {
      if (gone || !place.current) return;
      widget = window.turnstile?.render(place.current, {
        sitekey: siteKey,
        theme,
        callback: onToken,
        "expired-callback": () => onToken(""),
        "error-callback": () => setFailed(true),
      });
    };
    loadScript().then(draw, () => setFailed(true));
    return () => {
      gone = true;
      if (widget !== undefined) window.turnstile?.remove(widget);
    };
  }, [siteKey, theme, onToken]);
  return (
    <>
      <div ref={place} />
      {failed && (
        <Alert color="red" role="alert">
          {say("humanCheckFailed")}
        </Alert>
      )}
    </>
  );
}
