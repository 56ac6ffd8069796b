import { defineTexts } from "@/i18n";

export const useSignInTexts = defineTexts("sign-in", {
  en: {
    signIn: "Sign in",
    username: "User name or e-mail address",
    password: "Password",
  },
  zh: {
    signIn: "登录",
    username: "用户名或邮箱",
    password: "密码",
  },
});
