import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { ROLE } from "@/app/roles";
import { answerWith, renderAs } from "@/test/renderAs";
import type { User } from "./queries";
import { UserActions } from "./UserActions";

const alice = { id: 4, username: "alice", role: ROLE.common, status: 1, quota: 500_000 } as User;
const dave = { ...alice, id: 5, username: "dave", role: ROLE.admin };

function buttons(): string[] {
  return [...screen.queryAllByRole("button"), ...screen.queryAllByRole("link")]
    .filter((button) => button.getAttribute("aria-disabled") !== "true")
    .map((button) => button.getAttribute("aria-label") ?? "");
}

it("lets root do all to an administrator", () => {
  renderAs({ id: 1, role: ROLE.root }, <UserActions user={dave} />);
  expect(buttons().sort()).toEqual(["Delete", "Disable", "Edit", "Make regular user", "Top up"]);
});

it("lets an administrator manage users but not make administrators, and says so", () => {
  renderAs({ id: 2, role: ROLE.admin }, <UserActions user={alice} />);
  expect(buttons().sort()).toEqual(["Delete", "Disable", "Edit", "Top up"]);
  expect(screen.getByRole("button", { name: /Make administrator: Only root/ })).toBeInTheDocument();
});

it("offers an administrator no actions on other administrators", () => {
  renderAs({ id: 2, role: ROLE.admin }, <UserActions user={dave} />);
  expect(buttons()).toEqual([]);
});

it("sends a top-up with the key of its dialog", async () => {
  const requests = answerWith(null);
  renderAs({ id: 1, role: ROLE.root }, <UserActions user={alice} />);
  await userEvent.click(screen.getByRole("button", { name: "Top up" }));
  await userEvent.clear(await screen.findByLabelText(/^Amount/));
  await userEvent.type(screen.getByLabelText(/^Amount/), "3");
  const give = screen.getAllByRole("button", { name: "Top up" }).at(-1) as HTMLElement;
  await userEvent.click(give);
  await waitFor(() => expect(requests.length).toBeGreaterThan(0));
  const given = requests.find((request) => request.method === "POST");
  expect(given?.headers.get("Idempotency-Key")).toMatch(/^console-\d+-/);
  expect(await given?.json()).toEqual({ user_id: 4, quota: 1_500_000, remark: "" });
});
