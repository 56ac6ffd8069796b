import { Skeleton } from "@mantine/core";
import { useLocation, useParams } from "react-router";
import { ErrorState } from "@/components/ErrorState";
import { PageHeader } from "@/components/PageHeader";
import { ChannelForm } from "./form/ChannelForm";
import { useFormTexts } from "./form/texts";
import { useChannel, useChannelTypes } from "./queries";

/** `/channel/add` and `/channel/edit/:id`. */
export default function ChannelPage() {
  const say = useFormTexts();
  const { id } = useParams();
  const { state } = useLocation() as { state: { back?: string } | null };
  const types = useChannelTypes();
  const stored = useChannel(Number(id ?? 0));
  const failed = types.isError ? types : id && stored.isError ? stored : undefined;
  const ready = types.data && (!id || stored.data);
  return (
    <>
      <PageHeader title={say(id ? "editTitle" : "addTitle")} />
      {failed ? (
        <ErrorState error={failed.error} retry={() => void failed.refetch()} />
      ) : ready ? (
        <ChannelForm
          key={id ?? "new"}
          types={types.data}
          stored={id ? stored.data : undefined}
          backTo={`/channel${state?.back ?? ""}`}
        />
      ) : (
        <Skeleton h={480} maw={760} aria-busy />
      )}
    </>
  );
}
