import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { beforeEach, expect, it, vi } from "vitest";
import { speak } from "@/i18n";
import PlaygroundPage from "./PlaygroundPage";

const ME = { id: 7, role: 1, username: "alice" };
const STATUS = { system_name: "One API", quota_per_unit: 500_000, display_in_currency: true };

/** How the fake gateway answers a playground call. */
let relay: (init: RequestInit) => Response | Promise<Response>;

function event(content: string): string {
  return `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
}

function streamed(...words: string[]): Response {
  return new Response(`${words.map(event).join("")}data: [DONE]\n\n`, {
    headers: { "X-Oneapi-Request-Id": "r1" },
  });
}

/** Starts an answer that never ends by itself. */
function endless(init: RequestInit): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(event("half")));
      init.signal?.addEventListener("abort", () => controller.error(init.signal?.reason));
    },
  });
  return new Response(body);
}

beforeEach(() => {
  sessionStorage.clear();
  speak("en");
  vi.spyOn(globalThis, "fetch").mockImplementation(async (_address, init) => relay(init ?? {}));
});

async function open(): Promise<HTMLElement> {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(["status"], STATUS);
  client.setQueryData(["self"], ME);
  client.setQueryData(["playground", "models"], ["m1", "m2"]);
  client.setQueryData(["playground", "tokens"], []);
  client.setQueryData(["playground", "cost", "r1"], 625_000);
  render(
    <QueryClientProvider client={client}>
      <MantineProvider env="test">
        <ModalsProvider>
          <MemoryRouter>
            <PlaygroundPage />
          </MemoryRouter>
        </ModalsProvider>
      </MantineProvider>
    </QueryClientProvider>,
  );
  return await screen.findByRole("textbox", { name: "Message" });
}

it("shows the answer, its cost, and both again after a reload", async () => {
  relay = () => streamed("All ", "**well**");
  const box = await open();
  await userEvent.type(box, "How are you?{Enter}");
  expect(await screen.findByText("well", { selector: "strong" })).toBeInTheDocument();
  expect(await screen.findByText("$1.2500")).toBeInTheDocument();
  expect(box).toHaveValue("");
  expect(document.querySelector("[aria-live=polite]")).toHaveTextContent("All **well**");

  cleanup();
  await open();
  expect(screen.getByText("How are you?")).toBeInTheDocument();
  expect(await screen.findByText("well", { selector: "strong" })).toBeInTheDocument();
});

it("sends with Enter, but not with Shift, nor while a character is being composed", async () => {
  const asked = vi.fn(() => streamed("ok"));
  relay = asked;
  const box = await open();
  await userEvent.type(box, "one{Shift>}{Enter}{/Shift}two");
  fireEvent.keyDown(box, { key: "Enter", isComposing: true });
  expect(box).toHaveValue("one\ntwo");
  expect(asked).not.toHaveBeenCalled();
  await userEvent.type(box, "{Enter}");
  await waitFor(() => expect(asked).toHaveBeenCalledOnce());
});

it("stops with Escape and keeps what there was", async () => {
  relay = endless;
  const box = await open();
  await userEvent.type(box, "Tell me{Enter}");
  await screen.findByText("half");
  await userEvent.keyboard("{Escape}");
  expect(await screen.findByText("Stopped")).toBeInTheDocument();
  expect(screen.getAllByText("half").length).toBeGreaterThan(0);
});

it("says in the conversation why there is no answer, and gives one on asking again", async () => {
  relay = () =>
    Response.json(
      { error: { message: "user quota is not enough", code: "insufficient_user_quota" } },
      { status: 403 },
    );
  await userEvent.type(await open(), "Hi{Enter}");
  expect(await screen.findByText("user quota is not enough", { selector: "p" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Top up" })).toHaveAttribute("href", "/topup");

  relay = () => streamed("now");
  await userEvent.click(screen.getByRole("button", { name: "Regenerate" }));
  await waitFor(() => expect(screen.queryByText("user quota is not enough")).not.toBeInTheDocument());
  expect((await screen.findAllByText("now")).length).toBeGreaterThan(0);
});

it("asks again in other words, without what followed", async () => {
  const bodies: { messages: { content: string }[] }[] = [];
  relay = (init) => {
    bodies.push(JSON.parse(String(init.body)));
    return streamed("ok");
  };
  const box = await open();
  await userEvent.type(box, "first{Enter}");
  await screen.findByRole("button", { name: "Regenerate" });
  await userEvent.type(box, "second{Enter}");
  await waitFor(() => expect(bodies).toHaveLength(2));
  const [edit] = await screen.findAllByRole("button", { name: "Edit and resend" });
  await waitFor(() => expect(edit).toBeEnabled());
  await userEvent.click(edit as HTMLElement);
  const field = screen.getByRole("textbox", { name: "Edit and resend" });
  await userEvent.clear(field);
  await userEvent.type(field, "instead{Enter}");
  await waitFor(() => expect(bodies).toHaveLength(3));
  expect(bodies.map((body) => body.messages.map((message) => message.content))).toEqual([
    ["first"],
    ["first", "ok", "second"],
    ["instead"],
  ]);
  expect(screen.queryByText("second")).not.toBeInTheDocument();
});
