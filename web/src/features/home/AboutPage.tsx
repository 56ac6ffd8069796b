import { Anchor, Loader, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import { useSelf, useStatus } from "@/app/queries";
import { isRoot } from "@/app/roles";
import { ErrorState } from "@/components/ErrorState";
import { PageHeader } from "@/components/PageHeader";
import { kindOf } from "./content";
import { OperatorContent } from "./OperatorContent";
import { useAbout } from "./queries";
import { useHomeTexts } from "./texts";

export default function AboutPage() {
  const say = useHomeTexts();
  const query = useAbout();
  if (query.isPending) return <Loader />;
  if (query.data === undefined) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  if (kindOf(query.data) !== "none")
    return <OperatorContent title={say("aboutTitle")} content={query.data} />;
  return <BuiltInAbout />;
}

function BuiltInAbout() {
  const say = useHomeTexts();
  const { version } = useStatus();
  return (
    <Stack gap="sm" maw={640} align="flex-start">
      <PageHeader title={say("aboutTitle")} />
      <Text>{say("aboutLead", { version })}</Text>
      <Text>
        {say("aboutFirst")}{" "}
        <Anchor href="https://github.com/songquanpeng/one-api" target="_blank" rel="noreferrer">
          songquanpeng/one-api
        </Anchor>
      </Text>
      {isRoot(useSelf()) && (
        <Text c="dimmed">
          {say("aboutHint")}{" "}
          <Anchor component={Link} to="/setting">
            {say("aboutHintLink")}
          </Anchor>
        </Text>
      )}
    </Stack>
  );
}
