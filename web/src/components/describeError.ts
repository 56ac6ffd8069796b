import { ApiError } from "@/api/client";
import { language } from "@/i18n";

const TEXTS = {
  en: {
    unreachable: "The gateway cannot be reached. Check your connection, then try again.",
    signedOut: "Your session has ended. Sign in again.",
    tooMany: "Too many requests from your address. Wait {s} seconds, then try again.",
    tooManySoon: "Too many requests from your address. Wait a moment, then try again.",
    fault: "The gateway could not answer (HTTP {s}). Try again; if this persists, tell the operator.",
    other: "Something went wrong in the console: {s}",
  },
  zh: {
    unreachable: "无法连接网关，请检查网络后重试。",
    signedOut: "登录已过期，请重新登录。",
    tooMany: "您的地址请求过于频繁，请在 {s} 秒后重试。",
    tooManySoon: "您的地址请求过于频繁，请稍后重试。",
    fault: "网关无法响应（HTTP {s}），请重试；若持续出现请联系管理员。",
    other: "控制台出错：{s}",
  },
} as const;

/** What went wrong and what to do, in the reader's language. */
export function describeError(error: unknown): string {
  const texts = TEXTS[language()];
  if (!(error instanceof ApiError)) {
    return texts.other.replace("{s}", error instanceof Error ? error.message : String(error));
  }
  if (error.status === 0) return texts.unreachable;
  if (error.status === 429 && error.retryAfter) return texts.tooMany.replace("{s}", String(error.retryAfter));
  if (error.message) return error.message;
  if (error.status === 401) return texts.signedOut;
  if (error.status === 429) return texts.tooManySoon;
  return texts.fault.replace("{s}", String(error.status));
}
