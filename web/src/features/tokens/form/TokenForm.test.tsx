import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { answerWith, renderAs } from "@/test/renderAs";
import type { Token } from "../queries";
import { TokenForm } from "./TokenForm";

async function sent(requests: Request[]): Promise<Record<string, unknown>> {
  const saving = () => requests.find((request) => request.method !== "GET");
  await waitFor(() => expect(saving()).toBeDefined());
  return (await saving()?.json()) as Record<string, unknown>;
}

const press = (name: string) => userEvent.click(screen.getByRole("button", { name }));

it("makes an unlimited token that lives for an hour", async () => {
  const requests = answerWith([]);
  renderAs({ id: 1 }, <TokenForm onSaved={vi.fn()} onCancel={vi.fn()} />);
  await userEvent.type(screen.getByLabelText(/^Name/), "laptop");
  await userEvent.click(screen.getByLabelText(/^Unlimited/));
  expect(screen.queryByLabelText(/^Quota/)).toBeNull();
  await press("1 hour");
  await press("Create");
  const body = await sent(requests);
  expect(body).toMatchObject({ name: "laptop", unlimited_quota: true, models: "", subnet: "" });
  expect(body.stores_responses).toBe(true);
  expect(Number(body.expired_time) - Date.now() / 1000).toBeGreaterThan(3_590);
  expect(Number(body.expired_time) - Date.now() / 1000).toBeLessThan(3_610);
});

it("makes a token with quota in money that never expires", async () => {
  const requests = answerWith([]);
  renderAs({ id: 1 }, <TokenForm onSaved={vi.fn()} onCancel={vi.fn()} />);
  await userEvent.type(screen.getByLabelText(/^Name/), "ci");
  await userEvent.clear(screen.getByLabelText(/^Quota/));
  await userEvent.type(screen.getByLabelText(/^Quota/), "2.5");
  await press("1 day");
  await press("Never");
  await press("Create");
  expect(await sent(requests)).toMatchObject({ remain_quota: 1_250_000, expired_time: -1 });
});

it("sends nothing that the server would refuse", async () => {
  const requests = answerWith([]);
  renderAs({ id: 1 }, <TokenForm onSaved={vi.fn()} onCancel={vi.fn()} />);
  await userEvent.type(screen.getByLabelText(/^Name/), "x");
  await userEvent.type(screen.getByLabelText(/^Networks/), "10.0.0.1");
  await press("Create");
  expect(screen.getByText(/Enter a quota/)).toBeVisible();
  expect(screen.getByText(/“10\.0\.0\.1” is not a network/)).toBeVisible();
  expect(requests.filter((request) => request.method !== "GET")).toEqual([]);
});

it("brings a token back whose new limits leave something", async () => {
  const requests = answerWith([]);
  const token = {
    id: 7,
    name: "old",
    status: 4,
    expired_time: -1,
    remain_quota: 0,
    unlimited_quota: false,
    models: "a,b",
    subnet: "",
  } as Token;
  renderAs({ id: 1 }, <TokenForm token={token} onSaved={vi.fn()} onCancel={vi.fn()} />);
  await userEvent.click(screen.getByLabelText(/^Unlimited/));
  await press("Save");
  expect(await sent(requests)).toMatchObject({ id: 7, status: 1, models: "a,b", unlimited_quota: true });
});

it("tells which quota was seen when it was changed", async () => {
  const requests = answerWith([]);
  const token = {
    id: 7,
    name: "busy",
    status: 1,
    expired_time: -1,
    remain_quota: 500_000,
    unlimited_quota: false,
    models: "",
    subnet: "",
  } as Token;
  renderAs({ id: 1 }, <TokenForm token={token} onSaved={vi.fn()} onCancel={vi.fn()} />);
  await userEvent.clear(screen.getByLabelText(/^Quota/));
  await userEvent.type(screen.getByLabelText(/^Quota/), "2");
  await press("Save");
  expect(await sent(requests)).toMatchObject({ id: 7, quota_seen: 500_000, remain_quota: 1_000_000 });
});

it("turns the storing of responses off", async () => {
  const requests = answerWith([]);
  const token = { id: 7, name: "private", status: 1, expired_time: -1, unlimited_quota: true } as Token;
  renderAs({ id: 1 }, <TokenForm token={token} onSaved={vi.fn()} onCancel={vi.fn()} />);
  await userEvent.click(screen.getByLabelText(/^Store responses/));
  await press("Save");
  expect(await sent(requests)).toMatchObject({ id: 7, stores_responses: false });
});
