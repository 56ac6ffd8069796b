import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import { StrictMode } from "react";
import { createMemoryRouter, RouterProvider } from "react-router";
import { beforeEach, expect, it, vi } from "vitest";
import { api } from "@/api/client";
import { queryClient, type Status, selfQuery, statusQuery } from "@/app/queries";
import OAuthReturnPage from "./OAuthReturnPage";

beforeEach(() => {
  queryClient.clear();
  queryClient.setQueryData(statusQuery.queryKey, { system_name: "One API" } as Status);
  queryClient.setQueryData(selfQuery.queryKey, null);
});

function serverSays(answer: object) {
  return vi.spyOn(api, "GET").mockImplementation((async (path: string) => ({
    data: path.startsWith("/api/oauth/") ? answer : { success: true, message: "", data: { id: 1 } },
    response: new Response(),
  })) as never);
}

async function comeBackTo(address: string) {
  const router = createMemoryRouter(
    [
      { path: "/oauth/:source", element: <OAuthReturnPage /> },
      { path: "*", element: null },
    ],
    { initialEntries: [address] },
  );
  await act(async () =>
    render(
      <StrictMode>
        <MantineProvider>
          <QueryClientProvider client={queryClient}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </MantineProvider>
      </StrictMode>,
    ),
  );
  return router;
}

const timesAsked = (calls: ReturnType<typeof serverSays>) =>
  calls.mock.calls.filter((call) => String(call[0]).startsWith("/api/oauth/")).length;

it("shows the server the state once, and goes where one wanted to go", async () => {
  sessionStorage.setItem("sign-in-next", "/channel?p=2");
  const calls = serverSays({ success: true, message: "", data: { id: 1 } });
  const router = await comeBackTo("/oauth/github?code=c&state=once");
  expect(timesAsked(calls)).toBe(1);
  expect(calls).toHaveBeenCalledWith("/api/oauth/github", {
    params: { query: { code: "c", state: "once" } },
  });
  expect(router.state.location).toMatchObject({ pathname: "/channel", search: "?p=2" });
});

it("goes back to the account once another is bound", async () => {
  serverSays({ success: true, message: "bind" });
  const router = await comeBackTo("/oauth/oidc?code=c&state=bound");
  expect(router.state.location).toMatchObject({ pathname: "/setting/profile", state: { bound: "oidc" } });
});

it("says why it failed, and leads back", async () => {
  const calls = serverSays({ success: false, message: "the state is not valid" });
  await comeBackTo("/oauth/lark?code=c&state=failed");
  expect(screen.getByRole("alert")).toHaveTextContent("the state is not valid");
  expect(screen.getByRole("link")).toHaveAttribute("href", "/login");
  expect(timesAsked(calls)).toBe(1);
});

it("asks nothing when nobody vouched", async () => {
  const calls = serverSays({});
  await comeBackTo("/oauth/github?error=access_denied&error_description=You+said+no");
  expect(screen.getByRole("alert")).toHaveTextContent("You said no");
  expect(timesAsked(calls)).toBe(0);
});
