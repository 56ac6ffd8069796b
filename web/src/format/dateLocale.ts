import "dayjs/locale/zh-cn";
import { language } from "@/i18n";

/** The name that calendars have for the reader's language. */
export function dateLocale(): string {
  return language() === "zh" ? "zh-cn" : "en";
}
