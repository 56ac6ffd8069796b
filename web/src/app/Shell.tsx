import {
  ActionIcon,
  Alert,
  AppShell,
  Burger,
  Button,
  Group,
  Image,
  Menu,
  NavLink,
  ScrollArea,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
  VisuallyHidden,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconLanguage, IconLogout, IconMoon, IconSun, IconUserCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Link, Outlet, useLocation, useNavigate } from "react-router";
import { LinkButton } from "@/components/LinkButton";
import { speak, useLanguage } from "@/i18n";
import { ErrorBoundary } from "./ErrorBoundary";
import { linksFor } from "./navigation";
import { showError } from "./notifications";
import { PageCrashed } from "./PageCrashed";
import { selfQuery, signOut, type User, useSelf, useStatus } from "./queries";
import classes from "./Shell.module.css";
import { useAppTexts } from "./texts";

const SafeHtml = lazy(() => import("@/components/SafeHtml"));

/** The frame of every page: site name, navigation, language, colour scheme, account. */
export function Shell() {
  const say = useAppTexts();
  const [opened, menu] = useDisclosure(false);
  const { pathname } = useLocation();
  const self = useSelf();
  const status = useStatus();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: "sm", collapsed: { mobile: !opened, desktop: !self } }}
      padding="md"
    >
      <a href="#content" className={classes.skip}>
        {say("skip")}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            {self && (
              <Burger
                opened={opened}
                onClick={menu.toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label={say("menu")}
              />
            )}
            <Brand />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <LanguageMenu />
            <SchemeButton />
            {self ? <AccountMenu self={self} /> : <GuestLinks />}
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={say("mainNavigation")}>
        <AppShell.Section grow component={ScrollArea}>
          {self && <Links self={self} onGo={menu.close} />}
        </AppShell.Section>
        <Text size="xs" c="dimmed" px="xs">
          {status.version}
        </Text>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} style={{ outline: "none" }}>
        {self && <FirstPassword self={self} />}
        <ErrorBoundary of={pathname} fallback={PageCrashed}>
          <Outlet />
        </ErrorBoundary>
        {status.footer_html && (
          <Suspense>
            <SafeHtml html={status.footer_html} />
          </Suspense>
        )}
      </AppShell.Main>
    </AppShell>
  );
}

function Brand() {
  const { logo, system_name } = useStatus();
  return (
    <UnstyledButton component={Link} to="/">
      <Group gap="xs" wrap="nowrap">
        <Image src={logo || "/favicon.svg"} alt="" w={28} h={28} fit="contain" />
        <Text fw={700} truncate maw={{ base: 120, xs: 240 }}>
          {system_name}
        </Text>
      </Group>
    </UnstyledButton>
  );
}

/** `onGo` closes the menu on phones after a link was followed. */
function Links({ self, onGo }: { self: User; onGo: () => void }) {
  const say = useAppTexts();
  const { pathname } = useLocation();
  return linksFor(self, useStatus()).map(({ to, text, Icon }) => (
    <NavLink
      key={to}
      component={Link}
      to={to}
      onClick={onGo}
      label={say(text)}
      leftSection={<Icon size={18} aria-hidden />}
      active={pathname === to || pathname.startsWith(`${to}/`)}
      aria-current={pathname === to ? "page" : undefined}
    />
  ));
}

function LanguageMenu() {
  const say = useAppTexts();
  const language = useLanguage();
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={say("language")}>
          <IconLanguage size={20} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => speak("zh")} fw={language === "zh" ? 700 : 400} lang="zh">
          中文
        </Menu.Item>
        <Menu.Item onClick={() => speak("en")} fw={language === "en" ? 700 : 400} lang="en">
          English
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function SchemeButton() {
  const say = useAppTexts();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={say("lightOrDark")}
      onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}
    >
      {scheme === "dark" ? <IconSun size={20} /> : <IconMoon size={20} />}
    </ActionIcon>
  );
}

function AccountMenu({ self }: { self: User }) {
  const say = useAppTexts();
  const navigate = useNavigate();
  const leave = () => signOut().then(() => navigate("/login"), showError);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          px="xs"
          leftSection={<IconUserCircle size={20} />}
          aria-label={`${say("account")}: ${self.display_name || self.username}`}
        >
          <Text span truncate maw={120} visibleFrom="xs">
            {self.display_name || self.username}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/setting/profile" leftSection={<IconUserCircle size={16} />}>
          {say("profile")}
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={leave}>
          {say("signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function GuestLinks() {
  const say = useAppTexts();
  const { isPending } = useQuery(selfQuery);
  if (isPending) return <VisuallyHidden>{say("loading")}</VisuallyHidden>;
  return (
    <>
      <LinkButton to="/about" variant="subtle" color="gray" visibleFrom="xs">
        {say("about")}
      </LinkButton>
      <LinkButton to="/login">{say("signIn")}</LinkButton>
    </>
  );
}

/** Warns that root still has the initial password. */
function FirstPassword({ self }: { self: User }) {
  const say = useAppTexts();
  if (!self.first_password) return null;
  return (
    <Alert color="red" mb="md" role="alert">
      <Group justify="space-between">
        <Text fw={600}>{say("firstPassword")}</Text>
        <LinkButton to="/setting/profile" color="red.9" size="xs">
          {say("changeItNow")}
        </LinkButton>
      </Group>
    </Alert>
  );
}
