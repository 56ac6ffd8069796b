import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createMemoryRouter, RouterProvider } from "react-router";
import { expect, it, vi } from "vitest";
import { statusQuery } from "@/app/queries";
import PricesPanel from "./PricesPanel";

// the API client keeps the fetch function that it finds when it is loaded
const fetch = vi.hoisted(() => {
  const fetch = vi.fn<typeof globalThis.fetch>();
  globalThis.fetch = fetch;
  return fetch;
});

const STORED = {
  ModelRatio: '{"gpt-4o":1.25,"o1":7.5}',
  CompletionRatio: '{"gpt-4o":4}',
  GroupRatio: '{"default":1}',
  UnpricedModelPolicy: "default",
};

function show(stored = STORED) {
  const client = new QueryClient();
  client.setQueryData(statusQuery.queryKey, { quota_per_unit: 500_000, display_in_currency: true } as never);
  const router = createMemoryRouter([{ path: "/", element: <PricesPanel stored={stored} /> }]);
  render(
    <QueryClientProvider client={client}>
      <MantineProvider env="test">
        <RouterProvider router={router} />
      </MantineProvider>
    </QueryClientProvider>,
  );
}

function type(name: string, value: string) {
  fireEvent.change(screen.getByLabelText(`Ratio of ${name}`), { target: { value } });
}

it("shows what a ratio costs while one edits it", () => {
  show();
  expect(screen.getByText("$2.50")).toBeVisible();
  expect(screen.getByText("$10.00")).toBeVisible();
  expect(screen.getByText("built-in rule")).toBeVisible();
  type("gpt-4o", "2.5");
  expect(screen.getByText("$20.00")).toBeVisible();
  expect(screen.getByText("was 1.25")).toBeVisible();
});

it("saves nothing that is no ratio", () => {
  show();
  type("o1", "-1");
  expect(screen.getByText(/Enter a number from 0/)).toBeVisible();
  expect(screen.getByRole("button", { name: "Review and save (1)" })).toBeDisabled();
});

it("adds a model once", async () => {
  show();
  const name = screen.getByLabelText("New entry");
  await userEvent.type(name, "o1{Enter}");
  expect(screen.getByText("This name is already in the table.")).toBeVisible();
  await userEvent.clear(name);
  await userEvent.type(name, "mine{Enter}");
  expect(screen.getByLabelText("Ratio of mine")).toHaveValue("1");
});

it("saves the table that was changed, after a summary", async () => {
  const sent: unknown[] = [];
  fetch.mockImplementation(async (input) => {
    sent.push(await (input as Request).json());
    return Response.json({ success: true, message: "" });
  });
  show();
  type("gpt-4o", "2");
  await userEvent.click(screen.getByLabelText("Remove o1"));
  await userEvent.click(screen.getByRole("button", { name: "Review and save (2)" }));
  expect(await screen.findByText("1.25 → 2")).toBeVisible();
  expect(screen.getByText(/^7\.5 →/)).toBeVisible();
  expect(sent).toEqual([]);
  const [save] = screen
    .getAllByRole("button", { name: "Save" })
    .filter((button) => !button.hasAttribute("disabled"));
  await userEvent.click(save as HTMLElement);
  await waitFor(() => expect(sent).toEqual([{ key: "ModelRatio", value: '{\n  "gpt-4o": 2\n}' }]));
});

it("shows 50 of many rows at a time, and finds the rest", async () => {
  const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`model-${index}`, 1]));
  show({ ...STORED, ModelRatio: JSON.stringify(many) });
  expect(screen.getAllByLabelText(/^Ratio of/)).toHaveLength(50);
  await userEvent.type(screen.getByLabelText("Search by name"), "model-2999");
  expect(await screen.findByLabelText("Ratio of model-2999")).toBeVisible();
});
