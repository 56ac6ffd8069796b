import {
  type CSSVariablesResolver,
  createTheme,
  type MantineThemeOverride,
  mergeThemeOverrides,
} from "@mantine/core";

const common = createTheme({
  fontFamily:
    '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  // white on it reads, and so does it on white
  primaryShade: { light: 8, dark: 9 },
  autoContrast: true,
  cursorType: "pointer",
  components: {
    Anchor: { defaultProps: { underline: "always" } },
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
  primaryShade: 9,
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

/** Quiet text that still reads: 4.5 to 1 on every ground of ours, as WCAG 1.4.3 asks. */
export const readable: CSSVariablesResolver = (theme) => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": theme.colors.gray[7],
    "--mantine-color-placeholder": theme.colors.gray[7],
    // a shade beyond the darkest of the palette
    "--mantine-color-teal-light-color": "#055a41",
    "--mantine-color-anchor": theme.colors[theme.primaryColor]?.[8] ?? "",
  },
  dark: {
    "--mantine-color-dimmed": theme.colors.dark[1],
    "--mantine-color-placeholder": theme.colors.dark[1],
  },
});
