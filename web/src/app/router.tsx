import { createBrowserRouter, Navigate, type RouteObject, useLocation, useParams } from "react-router";
import { Guard } from "./Guard";
import { NotFound } from "./NotFound";
import { ROLE } from "./roles";
import { Shell } from "./Shell";

type Page = { default: React.ComponentType };

/** A page whose code is loaded on the first visit. */
function page(path: string, load: () => Promise<Page>): RouteObject {
  return { path, lazy: async () => ({ Component: (await load()).default }) };
}

/** Addresses match the original's console, so that bookmarks keep working. */
export const router = createBrowserRouter([
  {
    element: <Shell />,
    // the page stays empty until its code has loaded
    hydrateFallbackElement: <></>,
    children: [
      page("/", () => import("@/features/home/HomePage")),
      page("/about", () => import("@/features/home/AboutPage")),
      page("/login", () => import("@/features/sign-in/SignInPage")),
      page("/register", () => import("@/features/sign-in/RegisterPage")),
      page("/reset", () => import("@/features/sign-in/AskResetPage")),
      page("/user/reset", () => import("@/features/sign-in/ResetPage")),
      page("/oauth/:source", () => import("@/features/sign-in/methods/OAuthReturnPage")),
      {
        element: <Guard role={ROLE.common} />,
        children: [
          page("/dashboard", () => import("@/features/dashboard/DashboardPage")),
          page("/token", () => import("@/features/tokens/TokensPage")),
          page("/token/add", () => import("@/features/tokens/TokensPage")),
          page("/token/edit/:id", () => import("@/features/tokens/TokensPage")),
          page("/log", () => import("@/features/logs/LogsPage")),
          page("/topup", () => import("@/features/top-up/TopUpPage")),
          page("/playground", () => import("@/features/playground/PlaygroundPage")),
          page("/chat", () => import("@/features/playground/ChatPage")),
          page("/setting", () => import("@/features/settings/SettingsPage")),
          page("/setting/:tab", () => import("@/features/settings/SettingsPage")),
        ],
      },
      {
        element: <Guard role={ROLE.admin} />,
        children: [
          page("/channel", () => import("@/features/channels/ChannelsPage")),
          page("/channel/add", () => import("@/features/channels/ChannelPage")),
          page("/channel/edit/:id", () => import("@/features/channels/ChannelPage")),
          page("/user", () => import("@/features/users/UsersPage")),
          page("/user/add", () => import("@/features/users/UsersPage")),
          page("/user/edit/:id", () => import("@/features/users/UsersPage")),
          page("/redemption", () => import("@/features/redemptions/RedemptionsPage")),
          page("/redemption/add", () => import("@/features/redemptions/RedemptionsPage")),
          page("/redemption/edit/:id", () => import("@/features/redemptions/RedemptionsPage")),
        ],
      },
      {
        element: <Guard role={ROLE.root} />,
        children: [page("/audit", () => import("@/features/audit/AuditPage"))],
      },
      // addresses of pages in two of the original's themes
      { path: "/user/edit", element: <Navigate to="/setting/profile" replace /> },
      { path: "/panel", element: <Navigate to="/dashboard" replace /> },
      { path: "/panel/*", element: <WithoutPanel /> },
      { path: "*", element: <NotFound /> },
    ],
  },
]);

function WithoutPanel() {
  const rest = useParams()["*"] ?? "";
  return <Navigate to={`/${rest}${useLocation().search}`} replace />;
}
