import { EmptyState } from "@/components/EmptyState";
import { LinkButton } from "@/components/LinkButton";
import { useAppTexts } from "./texts";

export function NotFound() {
  const say = useAppTexts();
  return (
    <EmptyState
      title={say("notFound")}
      hint={say("notFoundHint")}
      action={<LinkButton to="/">{say("toHome")}</LinkButton>}
    />
  );
}
