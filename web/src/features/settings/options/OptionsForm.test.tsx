import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { expect, it, vi } from "vitest";
import { statusQuery } from "@/app/queries";
import { useOptions } from "../queries";
import type { Section } from "./fields";
import { OptionsForm } from "./OptionsForm";
import { useOptionEdits } from "./useOptionEdits";

// the API client keeps the fetch function that it finds when it is loaded
const fetch = vi.hoisted(() => {
  const fetch = vi.fn<typeof globalThis.fetch>();
  globalThis.fetch = fetch;
  return fetch;
});

const SECTION: Section = {
  name: "github",
  fields: [
    { key: "GitHubOAuthEnabled", kind: "switch" },
    { key: "GitHubClientId", kind: "text" },
    { key: "GitHubClientSecret", kind: "secret" },
    { key: "RetryTimes", kind: "whole" },
  ],
};

/** A gateway that stores options and refuses those in `refused`; returns what was sent. */
function gateway(stored: Record<string, string>, refused: Record<string, string> = {}) {
  const sent: { key: string; value: string }[] = [];
  fetch.mockImplementation(async (input) => {
    const request = input as Request;
    if (request.method === "GET") {
      const data = Object.entries(stored).map(([key, value]) => ({ key, value }));
      return Response.json({ success: true, message: "", data });
    }
    const change: { key: string; value: string } = await request.json();
    sent.push(change);
    const message = refused[change.key];
    if (message) return Response.json({ success: false, message });
    if (!change.key.endsWith("Secret")) stored[change.key] = change.value;
    return Response.json({ success: true, message: "" });
  });
  return sent;
}

function Form() {
  const stored = useOptions().data;
  return stored ? <Loaded stored={stored} /> : null;
}

function Loaded({ stored }: { stored: Record<string, string> }) {
  return <OptionsForm section={SECTION} edits={useOptionEdits(stored)} />;
}

function show() {
  const client = new QueryClient();
  client.setQueryData(statusQuery.queryKey, { quota_per_unit: 500_000, display_in_currency: true } as never);
  render(
    <QueryClientProvider client={client}>
      <MantineProvider>
        <MemoryRouter>
          <Form />
        </MemoryRouter>
      </MantineProvider>
    </QueryClientProvider>,
  );
}

it("sends what was changed, keys before switches", async () => {
  const sent = gateway({ GitHubOAuthEnabled: "false", GitHubClientId: "", RetryTimes: "0" });
  show();
  await userEvent.click(await screen.findByRole("switch", { name: /Sign in with GitHub/ }));
  await userEvent.type(screen.getByLabelText("Client ID"), "abc");
  await userEvent.click(screen.getByRole("button", { name: "Save 2 changes" }));
  await waitFor(() =>
    expect(sent).toEqual([
      { key: "GitHubClientId", value: "abc" },
      { key: "GitHubOAuthEnabled", value: "true" },
    ]),
  );
  await waitFor(() => expect(screen.getByRole("button", { name: "Save" })).toBeDisabled());
});

it("shows at its field why an option was refused, and saves the others", async () => {
  gateway(
    { GitHubOAuthEnabled: "false", GitHubClientId: "old", RetryTimes: "0" },
    { RetryTimes: "too many" },
  );
  show();
  const retries = await screen.findByLabelText("Retries");
  await userEvent.clear(retries);
  await userEvent.type(retries, "999");
  await userEvent.type(screen.getByLabelText("Client ID"), "er");
  await userEvent.click(screen.getByRole("button", { name: "Save 2 changes" }));
  expect(await screen.findByText("too many")).toBeVisible();
  expect(retries).toHaveAccessibleDescription(/too many/);
  expect(retries).toHaveValue("999");
  expect(screen.getByLabelText("Client ID")).toHaveValue("older");
  // only the refused one is still to be saved; its error goes when it is edited
  expect(screen.getByRole("button", { name: "Save" })).toBeEnabled();
  await userEvent.type(retries, "{Backspace}");
  expect(screen.queryByText("too many")).toBeNull();
});

it("forgets a secret once it is saved", async () => {
  const sent = gateway({ GitHubOAuthEnabled: "false", GitHubClientId: "", RetryTimes: "0" });
  show();
  const secret = await screen.findByLabelText("Client secret");
  await userEvent.type(secret, "hush{Enter}");
  await waitFor(() => expect(sent).toEqual([{ key: "GitHubClientSecret", value: "hush" }]));
  await waitFor(() => expect(secret).toHaveValue(""));
});

it("takes edits back", async () => {
  gateway({ GitHubOAuthEnabled: "false", GitHubClientId: "old", RetryTimes: "0" });
  show();
  const id = await screen.findByLabelText("Client ID");
  await userEvent.type(id, "x");
  await userEvent.click(screen.getByRole("button", { name: "Discard" }));
  expect(id).toHaveValue("old");
});
