import "dayjs/locale/zh-cn";
import { language } from "@/i18n";

/** The locale name of the reader's language for calendars. */
export function dateLocale(): string {
  return language() === "zh" ? "zh-cn" : "en";
}
