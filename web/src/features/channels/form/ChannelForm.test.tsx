import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createMemoryRouter, RouterProvider } from "react-router";
import { beforeEach, expect, it, vi } from "vitest";
import { api } from "@/api/client";
import { speak } from "@/i18n";
import { ChannelForm } from "./ChannelForm";
import { aws, baidu, openai } from "./values/testTypes";

const done = (data: unknown) =>
  Promise.resolve({ data: { success: true, message: "", data }, response: new Response() }) as never;

beforeEach(() => {
  speak("en");
  vi.spyOn(api, "GET").mockImplementation(() => done([]));
});

function show() {
  const form = <ChannelForm types={[openai, baidu, aws]} stored={undefined} backTo="/channel" />;
  const router = createMemoryRouter(
    [
      { path: "/channel/add", element: form },
      { path: "/channel", element: "the list" },
    ],
    { initialEntries: ["/channel/add"] },
  );
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return userEvent.setup();
}

type User = ReturnType<typeof show>;

async function choose(user: User, type: string) {
  await user.click(screen.getByRole("combobox", { name: "Type" }));
  await user.click(screen.getByRole("option", { name: type }));
}

it("shows the fields of the chosen type", async () => {
  const user = show();
  expect(screen.getByLabelText(/^Key/)).toBeVisible();
  await choose(user, "aws");
  expect(screen.queryByLabelText(/^Key/)).not.toBeInTheDocument();
  expect(screen.getByLabelText(/^sk/)).toHaveAttribute("type", "password");
  await user.click(screen.getByText("As a single key"));
  expect(screen.getByLabelText(/^Key/)).toBeVisible();
  expect(screen.queryByLabelText(/^sk/)).not.toBeInTheDocument();
});

it("tells a wrong key before it is saved", async () => {
  const post = vi.spyOn(api, "POST");
  const user = show();
  await choose(user, "baidu");
  await user.type(screen.getByLabelText(/^Key/), "a|b\nonly-one");
  await user.tab();
  expect(screen.getByText("Line 2: The key must have the format APIKey|SecretKey.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Add" }));
  expect(post).not.toHaveBeenCalled();
});

it("edits the mapping, line by line or as JSON", async () => {
  const user = show();
  await user.click(screen.getByRole("button", { name: "As JSON" }));
  const dialog = await screen.findByRole("dialog");
  const json = within(dialog).getByRole("textbox");
  await user.click(json);
  await user.paste('{"a": 1}');
  expect(within(dialog).getByRole("button", { name: "Apply" })).toBeDisabled();
  await user.clear(json);
  await user.paste('{"a": "b"}');
  await user.click(within(dialog).getByRole("button", { name: "Apply" }));
  expect(screen.getByLabelText("Model sent, line 1")).toHaveValue("b");
  await user.click(screen.getByRole("button", { name: "Add line" }));
  await user.type(screen.getByRole("combobox", { name: "Requested model, line 2" }), "a");
  await user.type(screen.getByLabelText("Model sent, line 2"), "c");
  expect(screen.getByText("This model already has a line.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Remove line 2" }));
  expect(screen.queryByText("This model already has a line.")).not.toBeInTheDocument();
});

it("takes pasted lists of models", async () => {
  const user = show();
  await user.click(screen.getByRole("combobox", { name: "Models" }));
  await user.paste("gpt-4\nmine-1, mine-2");
  for (const model of ["gpt-4", "mine-1", "mine-2"]) {
    expect(screen.getByText(model, { selector: ".mantine-Pill-label" })).toBeVisible();
  }
});

it("stores what was typed and goes back to the list", async () => {
  const post = vi.spyOn(api, "POST").mockImplementation(() => done(undefined));
  const user = show();
  await user.type(screen.getByLabelText(/^Name/), "main");
  await user.type(screen.getByLabelText(/^Key/), "sk-1");
  await user.click(screen.getByRole("button", { name: "Fill in all openai models (2)" }));
  await user.click(screen.getByRole("button", { name: "Add" }));
  await waitFor(() => expect(screen.getByText("the list")).toBeInTheDocument());
  expect(post).toHaveBeenCalledWith("/api/channel/", {
    body: expect.objectContaining({ type: 1, name: "main", key: "sk-1", models: "gpt-4,gpt-4o" }),
  });
});

it("shows the server's refusal above the form", async () => {
  vi.spyOn(api, "POST").mockImplementation(
    () =>
      Promise.resolve({
        data: { success: false, message: "no such thing" },
        response: new Response(),
      }) as never,
  );
  const user = show();
  await user.type(screen.getByLabelText(/^Name/), "main");
  await user.type(screen.getByLabelText(/^Key/), "sk-1");
  await user.click(screen.getByRole("button", { name: "Fill in all openai models (2)" }));
  await user.click(screen.getByRole("button", { name: "Add" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("no such thing");
});

it("asks before unsaved changes are left", async () => {
  const user = show();
  await user.type(screen.getByLabelText(/^Name/), "main");
  await user.click(screen.getByRole("link", { name: "Cancel" }));
  await user.click(await screen.findByRole("button", { name: "Stay" }));
  expect(screen.getByLabelText(/^Name/)).toHaveValue("main");
  await user.click(screen.getByRole("link", { name: "Cancel" }));
  await user.click(await screen.findByRole("button", { name: "Leave" }));
  expect(await screen.findByText("the list")).toBeInTheDocument();
});
