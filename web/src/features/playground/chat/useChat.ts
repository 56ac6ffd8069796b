import { useEffect, useRef, useState } from "react";
import { refreshSelf } from "@/app/queries";
import { useTabState } from "../useTabState";
import { answerTo } from "./answer";
import { type Answer, bodyOf, type Message, type Settings, upToLastQuestion } from "./messages";

function areMessages(kept: unknown): kept is Message[] {
  return Array.isArray(kept) && kept.every((message) => typeof message?.text === "string");
}

const NOTHING_SAID: Message[] = [];

export interface Chat {
  messages: Message[];
  /** The answer being written. */
  live: Answer | null;
  ask: (text: string) => void;
  /** Replace the question at `index`; everything after it is removed. */
  askInstead: (index: number, text: string) => void;
  retry: () => void;
  stop: () => void;
  clear: () => void;
}

/** This tab's conversation; calls use `settings`, and `key` or the session. */
export function useChat(settings: Settings, key: string | null): Chat {
  const [messages, setMessages] = useTabState("messages", NOTHING_SAID, areMessages);
  const [live, setLive] = useState<Answer | null>(null);
  const running = useRef<AbortController | null>(null);
  // abort the open request: its answer would be discarded
  useEffect(() => () => running.current?.abort(), []);

  const answer = async (history: Message[]) => {
    if (running.current) return;
    const controller = new AbortController();
    running.current = controller;
    setMessages(history);
    const given = await answerTo({ key, body: bodyOf(settings, history) }, controller.signal, setLive);
    running.current = null;
    setLive(null);
    setMessages([...history, given]);
    void refreshSelf();
  };

  return {
    messages,
    live,
    ask: (text) => void answer([...messages, { role: "user", text }]),
    askInstead: (index, text) => void answer([...messages.slice(0, index), { role: "user", text }]),
    retry: () => void answer(upToLastQuestion(messages)),
    stop: () => running.current?.abort(),
    clear: () => setMessages(NOTHING_SAID),
  };
}
