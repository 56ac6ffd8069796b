import { Alert, Skeleton } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { IconSpeakerphone } from "@tabler/icons-react";
import { lazy, Suspense } from "react";
import { fingerprint } from "./fingerprint";
import { useNotice } from "./queries";
import { useHomeTexts } from "./texts";

const Prose = lazy(() => import("./Prose"));

/** The operator's notice, until the reader dismisses it; a new text is shown again. */
export function Notice() {
  const say = useHomeTexts();
  const { data: text } = useNotice();
  const [dismissed, setDismissed] = useLocalStorage({
    key: "notice-dismissed",
    defaultValue: "",
    getInitialValueInEffect: false,
  });
  if (!text?.trim() || fingerprint(text) === dismissed) return null;
  return (
    <Alert
      mb="md"
      icon={<IconSpeakerphone />}
      title={say("notice")}
      withCloseButton
      closeButtonLabel={say("dismissNotice")}
      onClose={() => setDismissed(fingerprint(text))}
    >
      <Suspense fallback={<Skeleton h={24} />}>
        <Prose text={text} />
      </Suspense>
    </Alert>
  );
}
