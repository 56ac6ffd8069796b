import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { api } from "@/api/client";
import { type Status, statusQuery } from "@/app/queries";
import { RedeemCard } from "./RedeemCard";

function show(answer: object) {
  const sent = vi.spyOn(api, "POST").mockResolvedValue({ data: answer, response: new Response() } as never);
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(statusQuery.queryKey, {
    quota_per_unit: 500_000,
    display_in_currency: true,
  } as Status);
  render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        <RedeemCard />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return sent;
}

it("says in money what a code gave, and empties the field", async () => {
  const sent = show({ success: true, message: "", data: 625_000 });
  const field = screen.getByLabelText(/Redemption code/);
  await userEvent.type(field, " abc {Enter}");
  expect(await screen.findByRole("status")).toHaveTextContent("$1.25 added to your balance");
  expect(field).toHaveValue("");
  expect(sent).toHaveBeenCalledExactlyOnceWith("/api/user/topup", { body: { key: "abc" } });
});

it("says at the form why a code gave nothing, and keeps it", async () => {
  show({ success: false, message: "this code has been used" });
  const field = screen.getByLabelText(/Redemption code/);
  await userEvent.type(field, "abc{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent("this code has been used");
  expect(field).toHaveValue("abc");
});
