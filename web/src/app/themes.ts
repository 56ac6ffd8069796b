import { createTheme, type MantineThemeOverride, mergeThemeOverrides } from "@mantine/core";

const common = createTheme({
  fontFamily:
    '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  primaryShade: { light: 7, dark: 8 },
  autoContrast: true,
  cursorType: "pointer",
  components: {
    Modal: { defaultProps: { centered: true } },
    Tooltip: { defaultProps: { withArrow: true } },
    Table: { defaultProps: { verticalSpacing: "xs" } },
  },
});

/** Calm blue, room to breathe. */
const usual = createTheme({ primaryColor: "blue", defaultRadius: "md" });

/** Violet and round, with large controls. */
const berry = createTheme({
  primaryColor: "violet",
  defaultRadius: "lg",
  components: {
    Paper: { defaultProps: { shadow: "sm" } },
    Card: { defaultProps: { shadow: "sm" } },
    Table: { defaultProps: { verticalSpacing: "sm" } },
  },
});

/** Teal, square and dense: many rows on one screen. */
const air = createTheme({
  primaryColor: "teal",
  defaultRadius: "xs",
  fontSizes: { xs: "0.6875rem", sm: "0.8125rem", md: "0.875rem" },
  spacing: { xs: "0.4rem", sm: "0.6rem", md: "0.8rem", lg: "1rem", xl: "1.5rem" },
  components: {
    Button: { defaultProps: { size: "xs" } },
    Table: { defaultProps: { verticalSpacing: 4 } },
  },
});

/** The look that the option `Theme` names; any other name is the usual one. */
export function themeNamed(name: string): MantineThemeOverride {
  const chosen = { berry, air }[name] ?? usual;
  return mergeThemeOverrides(common, chosen);
}
