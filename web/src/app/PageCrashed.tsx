import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { useAppTexts } from "./texts";

/** In the place of a page whose code failed. */
export function PageCrashed({ error, retry }: { error: unknown; retry: () => void }) {
  const say = useAppTexts();
  return <EmptyState title={say("crashed")} action={<ErrorState error={error} retry={retry} />} />;
}
