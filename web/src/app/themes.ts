import {
  type CSSVariablesResolver,
  createTheme,
  type MantineThemeOverride,
  mergeThemeOverrides,
} from "@mantine/core";

const common = createTheme({
  fontFamily:
    '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif',
  // readable with white text on it, and as text on white
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

/** Calm blue, spacious. */
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

/** The theme named by the option `Theme`; unknown names give the default. */
export function themeNamed(name: string): MantineThemeOverride {
  const chosen = { berry, air }[name] ?? usual;
  return mergeThemeOverrides(common, chosen);
}

/** Dimmed text with a contrast of at least 4.5:1 on all our backgrounds, as WCAG 1.4.3 requires. */
export const readable: CSSVariablesResolver = (theme) => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": theme.colors.gray[7],
    "--mantine-color-placeholder": theme.colors.gray[7],
    // a shade darker than the palette's darkest
    "--mantine-color-teal-light-color": "#055a41",
    "--mantine-color-anchor": theme.colors[theme.primaryColor]?.[8] ?? "",
  },
  dark: {
    "--mantine-color-dimmed": theme.colors.dark[1],
    "--mantine-color-placeholder": theme.colors.dark[1],
  },
});
