import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { InlineNumber } from "./InlineNumber";

function show(onSave: (value: number) => Promise<unknown>) {
  render(
    <MantineProvider env="test">
      <InlineNumber label="Weight" value={3} onSave={onSave} />
    </MantineProvider>,
  );
  return { user: userEvent.setup(), field: screen.getByLabelText("Weight") };
}

it("is stored once, by Enter or when one leaves it", async () => {
  const save = vi.fn(() => Promise.resolve());
  const { user, field } = show(save);
  await user.clear(field);
  await user.type(field, "8{Enter}");
  expect(save).toHaveBeenCalledExactlyOnceWith(8);
});

it("does nothing when it is as before", async () => {
  const save = vi.fn(() => Promise.resolve());
  const { user, field } = show(save);
  await user.click(field);
  await user.tab();
  await user.clear(field);
  await user.tab();
  expect(save).not.toHaveBeenCalled();
  expect(field).toHaveValue("3");
});

it("shows the old value again when that fails", async () => {
  const { user, field } = show(() => Promise.reject(new Error("no")));
  await user.clear(field);
  await user.type(field, "8{Enter}");
  expect(field).toHaveValue("3");
});
