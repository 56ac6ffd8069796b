import i18n from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";

export type Language = "zh" | "en";

const KEPT_AS = "language";

function preferred(): Language {
  const kept = globalThis.localStorage?.getItem(KEPT_AS);
  if (kept === "zh" || kept === "en") {
    return kept;
  }
  return globalThis.navigator?.language?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

// React escapes what it shows
void i18n.use(initReactI18next).init({
  lng: preferred(),
  fallbackLng: "en",
  resources: {},
  interpolation: { escapeValue: false },
  initAsync: false,
});
announce(preferred());

/** The language in which the console speaks now. */
export function language(): Language {
  return i18n.language === "zh" ? "zh" : "en";
}

export function useLanguage(): Language {
  return useTranslation().i18n.language === "zh" ? "zh" : "en";
}

/** Speak `chosen` from now on, in this browser. */
export function speak(chosen: Language): void {
  localStorage.setItem(KEPT_AS, chosen);
  announce(chosen);
  void i18n.changeLanguage(chosen);
}

function announce(chosen: Language): void {
  if (globalThis.document) {
    document.documentElement.lang = chosen === "zh" ? "zh-CN" : "en";
  }
}

type Values = Record<string, string | number>;

/** What a component calls to say the text of that name; `{{name}}` in it takes a value. */
export type Say<K extends string> = (key: K, values?: Values) => string;

/**
 * The texts of one feature, in both languages: a name that lacks one of them does not compile.
 * They come with the feature's own code, so a page loads only what it says. Gives the hook that says them.
 */
export function defineTexts<K extends string>(
  namespace: string,
  texts: { en: Record<K, string>; zh: Record<NoInfer<K>, string> },
): () => Say<K> {
  i18n.addResourceBundle("en", namespace, texts.en);
  i18n.addResourceBundle("zh", namespace, texts.zh);
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each feature, when its module loads
  return function useTexts() {
    const { t } = useTranslation(namespace);
    return (key, values) => t(key, { ...values, keySeparator: false, nsSeparator: false }) as string;
  };
}
