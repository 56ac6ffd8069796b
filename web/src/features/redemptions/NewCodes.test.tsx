import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { renderAs } from "@/test/renderAs";
import { NewCodes } from "./NewCodes";

it("gives the codes as a text file, one a line", async () => {
  const files: Blob[] = [];
  URL.createObjectURL = (file: Blob) => {
    files.push(file);
    return "blob:codes";
  };
  URL.revokeObjectURL = vi.fn();
  let name = "";
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    name = this.download;
  });
  renderAs({ id: 1 }, <NewCodes codes={["aaa", "bbb"]} name="spring" quota={500_000} onClose={vi.fn()} />);
  expect(screen.getByText(/Each gives \$1\.00 once/)).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "Download" }));
  expect(name).toBe("spring.txt");
  expect(await files[0]?.text()).toBe("aaa\nbbb\n");
  expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:codes");
});

it("puts a card for each code on paper", () => {
  const { baseElement } = renderAs(
    { id: 1 },
    <NewCodes codes={["aaa", "bbb"]} name="spring" quota={500_000} onClose={vi.fn()} />,
  );
  const cards = [...baseElement.querySelectorAll("div[aria-hidden] code")].map((code) => code.textContent);
  expect(cards).toEqual(["aaa", "bbb"]);
});
