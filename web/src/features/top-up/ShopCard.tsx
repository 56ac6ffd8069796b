import { Button } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useMe, useStatus } from "@/app/queries";
import { Section } from "./Section";
import { randomUuid, shopAddress } from "./shop";
import { useTopUpTexts } from "./texts";

export function ShopCard() {
  const say = useTopUpTexts();
  const me = useMe();
  const { top_up_link } = useStatus();
  if (shopAddress(top_up_link, me, "") === undefined) return null;
  // each visit to the shop is a separate transaction
  const go = () => window.open(shopAddress(top_up_link, me, randomUuid()), "_blank", "noopener");
  return (
    <Section title={say("buyTitle")} hint={say("buyHint")}>
      <Button variant="default" rightSection={<IconExternalLink size={16} />} onClick={go}>
        {say("buy")}
      </Button>
    </Section>
  );
}
