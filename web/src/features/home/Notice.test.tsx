import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, it } from "vitest";
import { fingerprint } from "./fingerprint";
import { Notice } from "./Notice";

beforeEach(() => localStorage.clear());

function show(text: string) {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(["notice"], text);
  return render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        <Notice />
      </QueryClientProvider>
    </MantineProvider>,
  );
}

it("shows Markdown, without what could run", async () => {
  const { container } = show("**Maintenance** on Sunday <img src=x onerror=alert(1)>");
  expect(await screen.findByText("Maintenance")).toHaveProperty("tagName", "STRONG");
  expect(container.querySelector("[onerror]")).toBeNull();
});

it("stays away once dismissed, until there is another", async () => {
  const first = show("one");
  await userEvent.click(screen.getByRole("button", { name: "Dismiss notice" }));
  expect(screen.queryByRole("alert")).toBeNull();
  first.unmount();
  show("one").unmount();
  show("two");
  expect(screen.getByRole("alert")).toBeVisible();
});

it("tells texts apart", () => {
  expect(fingerprint("公告一")).toBe(fingerprint("公告一"));
  expect(fingerprint("公告一")).not.toBe(fingerprint("公告二"));
});
