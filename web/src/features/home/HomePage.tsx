import { Loader } from "@mantine/core";
import { ErrorState } from "@/components/ErrorState";
import { BuiltInHome } from "./BuiltInHome";
import { kindOf } from "./content";
import { Notice } from "./Notice";
import { OperatorContent } from "./OperatorContent";
import { useHomePage } from "./queries";
import { useHomeTexts } from "./texts";

export default function HomePage() {
  const say = useHomeTexts();
  const query = useHomePage();
  if (query.isPending) return <Loader />;
  if (query.data === undefined) return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      <Notice />
      {kindOf(query.data) === "none" ? (
        <BuiltInHome />
      ) : (
        <OperatorContent title={say("home")} content={query.data} />
      )}
    </>
  );
}
