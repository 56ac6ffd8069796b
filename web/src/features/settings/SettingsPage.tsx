import { Group, Skeleton } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Navigate, useParams } from "react-router";
import { useMe } from "@/app/queries";
import { isRoot } from "@/app/roles";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { LinkButton } from "@/components/LinkButton";
import { PageHeader } from "@/components/PageHeader";
import type { OptionsTab } from "./options/fields";
import { OptionsPanel } from "./options/OptionsPanel";
import { useOptions } from "./queries";
import { useSettingsTexts } from "./texts";

const ProfilePanel = lazy(() => import("@/features/profile/ProfilePanel"));
const PricesPanel = lazy(() => import("./prices/PricesPanel"));

const TABS = ["profile", "operation", "prices", "system", "other"] as const;

export default function SettingsPage() {
  const say = useSettingsTexts();
  const root = isRoot(useMe());
  const { tab: asked } = useParams();
  const tab = TABS.find((tab) => tab === asked);
  if (tab === undefined) return <Navigate to="/setting/profile" replace />;
  return (
    <>
      <PageHeader title={say("title")} />
      {root && <TabLinks current={tab} />}
      <Suspense fallback={<Skeleton h={240} />}>
        {tab === "profile" ? <ProfilePanel /> : root ? <Options key={tab} tab={tab} /> : <NotAllowed />}
      </Suspense>
    </>
  );
}

function TabLinks({ current }: { current: string }) {
  const say = useSettingsTexts();
  return (
    <Group component="nav" gap={4} mb="md" aria-label={say("tabs")}>
      {TABS.map((tab) => (
        <LinkButton
          key={tab}
          to={`/setting/${tab}`}
          size="xs"
          variant={tab === current ? "light" : "subtle"}
          {...(tab === current ? { "aria-current": "page" } : { color: "gray" })}
        >
          {say(tab)}
        </LinkButton>
      ))}
    </Group>
  );
}

function Options({ tab }: { tab: OptionsTab }) {
  const query = useOptions();
  if (query.isPending) return <Skeleton h={240} />;
  if (query.data === undefined) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (tab === "prices") return <PricesPanel stored={query.data} />;
  return <OptionsPanel tab={tab} stored={query.data} />;
}

function NotAllowed() {
  const say = useSettingsTexts();
  return (
    <EmptyState
      title={say("notAllowed")}
      action={<LinkButton to="/setting/profile">{say("toProfile")}</LinkButton>}
    />
  );
}
