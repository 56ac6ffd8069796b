import { defineTexts } from "@/i18n";

/** Returns a function that names a method. */
export const useMethodNames = defineTexts("sign-in-methods", {
  en: { github: "GitHub", oidc: "OIDC", lark: "Lark", wechat: "WeChat" },
  zh: { github: "GitHub", oidc: "OIDC", lark: "飞书", wechat: "微信" },
});
