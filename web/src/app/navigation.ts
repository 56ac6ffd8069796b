import {
  type Icon,
  IconChartBar,
  IconClipboardList,
  IconCoin,
  IconHistory,
  IconInfoCircle,
  IconKey,
  IconMessage,
  IconMessages,
  IconPlugConnected,
  IconSettings,
  IconTicket,
  IconUsers,
} from "@tabler/icons-react";
import type { Status, User } from "./queries";
import { isAdmin, isRoot } from "./roles";
import type { useAppTexts } from "./texts";

export interface NavigationLink {
  to: string;
  text: Parameters<ReturnType<typeof useAppTexts>>[0];
  Icon: Icon;
}

/** The pages open to `self`, the most used first. */
export function linksFor(self: User, status: Status): NavigationLink[] {
  const admin = isAdmin(self);
  const links: (NavigationLink | false)[] = [
    { to: "/dashboard", text: "dashboard", Icon: IconChartBar },
    admin && { to: "/channel", text: "channels", Icon: IconPlugConnected },
    { to: "/token", text: "tokens", Icon: IconKey },
    { to: "/log", text: "logs", Icon: IconHistory },
    { to: "/playground", text: "playground", Icon: IconMessages },
    status.chat_link !== "" && { to: "/chat", text: "chat", Icon: IconMessage },
    { to: "/topup", text: "topup", Icon: IconCoin },
    admin && { to: "/redemption", text: "redemptions", Icon: IconTicket },
    admin && { to: "/user", text: "users", Icon: IconUsers },
    { to: "/setting", text: "settings", Icon: IconSettings },
    isRoot(self) && { to: "/audit", text: "audit", Icon: IconClipboardList },
    { to: "/about", text: "about", Icon: IconInfoCircle },
  ];
  return links.filter((link) => link !== false);
}
