import { MantineProvider } from "@mantine/core";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter, useLocation } from "react-router";
import { beforeEach, expect, it } from "vitest";
import { useListParams } from "@/components/list/useListParams";
import { speak } from "@/i18n";
import { FILTERS } from "./filters";
import { LogFilters } from "./LogFilters";

function Filters({ everybody }: { everybody: boolean }) {
  const list = useListParams(FILTERS);
  return (
    <>
      <LogFilters filters={list.filters} onChange={list.setFilters} everybody={everybody} />
      <output>{useLocation().search}</output>
    </>
  );
}

function show(everybody = true, address = "/log") {
  render(
    <MantineProvider env="test">
      <MemoryRouter initialEntries={[address]}>
        <Filters everybody={everybody} />
      </MemoryRouter>
    </MantineProvider>,
  );
}

const address = () => screen.getByRole("status").textContent;

beforeEach(() => speak("en"));

it("stand in the address, and go back to the first page", async () => {
  show(true, "/log?p=3");
  await userEvent.type(screen.getByRole("searchbox", { name: "Model name" }), "gpt-4o");
  await waitFor(() => expect(address()).toBe("?model=gpt-4o"));
  await userEvent.click(screen.getByRole("combobox", { name: "Type" }));
  await userEvent.click(screen.getByRole("option", { name: "Test" }));
  expect(address()).toBe("?model=gpt-4o&type=5");
});

it("ask for days only where days are to be chosen, and forget them with any other period", async () => {
  show(true, "/log?period=custom&from=2026-11-01&to=2026-11-02");
  expect(screen.getByRole("button", { name: "First and last day" })).toHaveTextContent("2026-11-01");
  await userEvent.click(screen.getByRole("combobox", { name: "Period" }));
  await userEvent.click(screen.getByRole("option", { name: "Today" }));
  expect(address()).toBe("?period=today");
  expect(screen.queryByRole("button", { name: "First and last day" })).not.toBeInTheDocument();
});

it("know users and channels only where the rows are everybody's", () => {
  show(false);
  expect(screen.getAllByRole("searchbox").map((field) => field.getAttribute("aria-label"))).toEqual([
    "Token name",
    "Model name",
  ]);
});
