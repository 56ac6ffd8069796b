import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { useAppTexts } from "./texts";

/** Shown in place of a page that crashed. */
export function PageCrashed({ error, retry }: { error: unknown; retry: () => void }) {
  const say = useAppTexts();
  return <EmptyState title={say("crashed")} action={<ErrorState error={error} retry={retry} />} />;
}
