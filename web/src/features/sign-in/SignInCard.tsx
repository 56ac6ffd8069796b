import { Paper } from "@mantine/core";
import type { ReactNode } from "react";
import { PageHeader } from "@/components/PageHeader";

/** The narrow card of sign-in pages. */
export function SignInCard({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper withBorder p="lg" maw={420} mx="auto" mt={{ base: 0, xs: "xl" }}>
      <PageHeader title={title} />
      {children}
    </Paper>
  );
}
