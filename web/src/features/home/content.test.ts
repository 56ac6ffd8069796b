import { expect, it } from "vitest";
import { baseUrl, kindOf } from "./content";

it("tells an address from a text", () => {
  expect(kindOf(" \n")).toBe("none");
  expect(kindOf("https://example.com/home")).toBe("address");
  expect(kindOf("http://example.com")).toBe("address");
  expect(kindOf("See https://example.com")).toBe("text");
  expect(kindOf("javascript:alert(1)")).toBe("text");
});

it("gives clients the operator's address, or the one in the browser", () => {
  expect(baseUrl("https://ai.example.com/", "http://10.0.0.1:3000")).toBe("https://ai.example.com/v1");
  expect(baseUrl("http://localhost:3000", "http://10.0.0.1:3000")).toBe("http://10.0.0.1:3000/v1");
  expect(baseUrl("", "http://10.0.0.1:3000")).toBe("http://10.0.0.1:3000/v1");
});
