import { Loader, VisuallyHidden } from "@mantine/core";
import { lazy, Suspense } from "react";
import { PageHeader } from "@/components/PageHeader";
import { kindOf } from "./content";

const Prose = lazy(() => import("./Prose"));

/** A page that the operator wrote, or one at an address that the operator gave. */
export function OperatorContent({ title, content }: { title: string; content: string }) {
  return (
    <>
      <VisuallyHidden component="div">
        <PageHeader title={title} />
      </VisuallyHidden>
      {kindOf(content) === "address" ? (
        <iframe
          title={title}
          src={content.trim()}
          sandbox="allow-scripts allow-same-origin allow-popups allow-forms"
          style={{
            display: "block",
            border: 0,
            // from edge to edge, below the header
            width: "calc(100% + 2 * var(--app-shell-padding))",
            height: "calc(100dvh - var(--app-shell-header-offset, 0px))",
            margin: "calc(-1 * var(--app-shell-padding))",
          }}
        />
      ) : (
        <Suspense fallback={<Loader />}>
          <Prose text={content} />
        </Suspense>
      )}
    </>
  );
}
