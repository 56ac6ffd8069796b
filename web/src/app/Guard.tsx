import { Center, Loader } from "@mantine/core";
import { Navigate, Outlet, useLocation } from "react-router";
import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/LinkButton";
import { useSelf } from "./queries";
import { ROLE } from "./roles";
import { useAppTexts } from "./texts";

/** Restricts pages to accounts of `role` and above; others are sent to sign in, or see why. */
export function Guard({ role }: { role: number }) {
  const say = useAppTexts();
  const self = useSelf();
  const location = useLocation();
  if (self === undefined) {
    return (
      <Center mih="50vh">
        <Loader aria-label={say("loading")} />
      </Center>
    );
  }
  if (self === null) {
    const next = encodeURIComponent(location.pathname + location.search);
    return <Navigate to={`/login?next=${next}`} replace />;
  }
  if (self.role < role) {
    const text = role >= ROLE.root ? "notAllowedRoot" : "notAllowed";
    return (
      <EmptyState title={say(text)} action={<LinkButton to="/dashboard">{say("toDashboard")}</LinkButton>} />
    );
  }
  return <Outlet />;
}
