import { defineTexts } from "@/i18n";

export const useTokenTexts = defineTexts("tokens", {
  en: {
    title: "Tokens",
    search: "Name of a token",
    name: "Name",
    used: "Used",
    none: "There is no token yet",
    noneHint:
      "A token is the key that your programs send. Create one, then use it with the address of this site and /v1.",
  },
  zh: {
    title: "令牌",
    search: "令牌名称",
    name: "名称",
    used: "已用额度",
    none: "还没有令牌",
    noneHint: "令牌是程序调用时使用的密钥。创建令牌后，以本站地址加 /v1 作为 Base URL 使用。",
  },
});
