import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { MemoryRouter } from "react-router";
import { beforeEach, expect, it } from "vitest";
import { queryClient, statusQuery } from "@/app/queries";
import { speak } from "@/i18n";
import { ModelTable } from "./ModelTable";
import type { ModelUsage } from "./usage";

const use = (model: string, changed: Partial<ModelUsage>): ModelUsage => ({
  model,
  requests: 10,
  delivered: 10,
  quota: 500_000,
  prompt: 20,
  completion: 30,
  times: [0, 10, 10, 10, 10, 10, 10, 10, 10],
  ...changed,
});

const MODELS = [
  use("big", { requests: 1_000, delivered: 999, times: [] }),
  use("small", { requests: 3, delivered: 1, quota: 1_000 }),
];

function Sorted() {
  const [sort, setSort] = useState("-money");
  return <ModelTable models={MODELS} sort={sort} onSort={setSort} />;
}

beforeEach(() => {
  speak("en");
  queryClient.setQueryData(statusQuery.queryKey, {
    quota_per_unit: 500_000,
    display_in_currency: true,
  } as never);
  render(
    <MantineProvider>
      <QueryClientProvider client={queryClient}>
        <MemoryRouter>
          <Sorted />
        </MemoryRouter>
      </QueryClientProvider>
    </MantineProvider>,
  );
});

const names = () => screen.getAllByRole("rowheader").map((cell) => cell.textContent);

it("has the figures of each model, the biggest first", () => {
  expect(names()).toEqual(["big", "small"]);
  const cells = within(screen.getByRole("row", { name: /big/ })).getAllByRole("cell");
  expect(cells.map((cell) => cell.textContent)).toEqual(["1,000", "$1.00", "50", "99.9%", "over 60.0 s"]);
});

it("is sorted by the column that one asks for, and turned round by asking again", async () => {
  const button = screen.getByRole("button", { name: "Success rate" });
  await userEvent.click(button);
  expect(names()).toEqual(["big", "small"]);
  await userEvent.click(button);
  expect(names()).toEqual(["small", "big"]);
  expect(screen.getByRole("columnheader", { name: "Success rate" })).toHaveAttribute(
    "aria-sort",
    "ascending",
  );
});
