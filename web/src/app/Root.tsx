import { Center, Loader, MantineProvider } from "@mantine/core";
import { DatesProvider } from "@mantine/dates";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, Suspense } from "react";
import { RouterProvider } from "react-router";
import "dayjs/locale/zh-cn";
import { ErrorState } from "@/components/ErrorState";
import { useLanguage } from "@/i18n";
import { ErrorBoundary } from "./ErrorBoundary";
import { queryClient, useStatus } from "./queries";
import { router } from "./router";
import { readable, themeNamed } from "./themes";

export function Root() {
  return (
    <QueryClientProvider client={queryClient}>
      <ErrorBoundary fallback={Unreachable}>
        <Suspense
          fallback={
            <Plain>
              <Loader />
            </Plain>
          }
        >
          <Console />
        </Suspense>
      </ErrorBoundary>
    </QueryClientProvider>
  );
}

function Console() {
  const status = useStatus();
  const language = useLanguage();
  return (
    <MantineProvider
      theme={themeNamed(status.theme)}
      cssVariablesResolver={readable}
      defaultColorScheme="auto"
    >
      <DatesProvider settings={{ locale: language === "zh" ? "zh-cn" : "en" }}>
        <ModalsProvider>
          <Notifications position="top-right" />
          <RouterProvider router={router} />
        </ModalsProvider>
      </DatesProvider>
    </MantineProvider>
  );
}

function Plain({ children }: { children: ReactNode }) {
  return (
    <MantineProvider defaultColorScheme="auto">
      <Center mih="100vh">{children}</Center>
    </MantineProvider>
  );
}

function Unreachable({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <Plain>
      <ErrorState error={error} retry={retry} />
    </Plain>
  );
}
