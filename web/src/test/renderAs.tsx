import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { Middleware } from "openapi-fetch";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router";
import { onTestFinished } from "vitest";
import { api } from "@/api/client";
import { type Status, selfQuery, statusQuery, type User } from "@/app/queries";

const STATUS = {
  system_name: "One API",
  server_address: "https://api.example.com",
  chat_link: "",
  quota_per_unit: 500_000,
  display_in_currency: true,
} as Status;

/** Renders `content` for the user `self`, inside the console's providers. */
export function renderAs(self: Partial<User>, content: ReactNode) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
  client.setQueryData(statusQuery.queryKey, STATUS);
  client.setQueryData(selfQuery.queryKey, self as User);
  return render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <ModalsProvider>
          <MemoryRouter>{content}</MemoryRouter>
        </ModalsProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

/** Answers every call of this test with `data`; returns the requests made, newest last. */
export function answerWith(data: unknown): Request[] {
  const requests: Request[] = [];
  const answering: Middleware = {
    onRequest({ request }) {
      requests.push(request);
      return Response.json({ success: true, message: "", data });
    },
  };
  api.use(answering);
  onTestFinished(() => api.eject(answering));
  return requests;
}
