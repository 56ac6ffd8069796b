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

/** The console's current language. */
export function language(): Language {
  return i18n.language === "zh" ? "zh" : "en";
}

export function useLanguage(): Language {
  return useTranslation().i18n.language === "zh" ? "zh" : "en";
}

/** Use `chosen` from now on, in this browser. */
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

/** Returns the text with this key; `{{name}}` in it takes a value. */
export type Say<K extends string> = (key: K, values?: Values) => string;

/**
 * The texts of one feature, in both languages: a key that lacks a language does not compile.
 * They are loaded with the feature's code. Returns the hook that gives the texts.
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
