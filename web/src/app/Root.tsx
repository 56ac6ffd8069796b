import { Center, Loader, MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, Suspense } from "react";
import { RouterProvider } from "react-router";
import { ErrorState } from "@/components/ErrorState";
import { ErrorBoundary } from "./ErrorBoundary";
import { queryClient, useStatus } from "./queries";
import { router } from "./router";
import { readable, themeNamed } from "./themes";

export function Root() {
  return (
    <QueryClientProvider client={queryClient}>
      <ErrorBoundary of="console" fallback={Unreachable}>
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
  return (
    <MantineProvider
      theme={themeNamed(status.theme)}
      cssVariablesResolver={readable}
      defaultColorScheme="auto"
    >
      <ModalsProvider>
        <Notifications position="top-right" />
        <RouterProvider router={router} />
      </ModalsProvider>
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
