import { Card, SimpleGrid, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useMe } from "@/app/queries";
import { PageHeader } from "@/components/PageHeader";
import { Quota } from "@/components/Quota";
import { InviteCard } from "./InviteCard";
import { RedeemCard } from "./RedeemCard";
import { ShopCard } from "./ShopCard";
import { useTopUpTexts } from "./texts";

export default function TopUpPage() {
  const say = useTopUpTexts();
  const me = useMe();
  return (
    <>
      <PageHeader title={say("title")} />
      <SimpleGrid cols={{ base: 1, xs: 3 }} mb="md">
        <Figure name={say("balance")}>
          <Quota value={me.quota} />
        </Figure>
        <Figure name={say("used")}>
          <Quota value={me.used_quota} />
        </Figure>
        <Figure name={say("requests")}>{me.request_count.toLocaleString("en-US")}</Figure>
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <RedeemCard />
        <ShopCard />
        <InviteCard />
      </SimpleGrid>
    </>
  );
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Card withBorder>
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="div" fz="h2" fw={600} style={{ fontVariantNumeric: "tabular-nums" }}>
        {children}
      </Text>
    </Card>
  );
}
