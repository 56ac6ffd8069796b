import { describe, expect, it } from "vitest";
import { clientLinks, curlLine, environment, maskedKey } from "./clients";

const access = { key: "sk-abc&d", server: "https://api.example.com/one" };

function href(name: string, chatLink = ""): URL {
  return new URL(clientLinks(access, chatLink).find((link) => link.name === name)?.href ?? "");
}

describe("links to clients", () => {
  it("hand ChatGPT-Next-Web key and address, after the # that no server sees", () => {
    const url = href("ChatGPT-Next-Web");
    expect(url.origin).toBe("https://app.nextchat.dev");
    const settings = new URLSearchParams(url.hash.replace("#/?", "")).get("settings");
    expect(JSON.parse(settings ?? "")).toEqual({ key: access.key, url: access.server });
  });

  it("hand LobeChat the address with /v1", () => {
    const settings = href("LobeChat").searchParams.get("settings");
    expect(JSON.parse(settings ?? "")).toEqual({
      keyVaults: { openai: { apiKey: access.key, baseURL: "https://api.example.com/one/v1" } },
    });
  });

  it("hand apps both, encoded", () => {
    expect(href("AMA").href).toBe(
      "ama://set-api-key?server=https%3A%2F%2Fapi.example.com%2Fone&key=sk-abc%26d",
    );
    expect(href("OpenCat").href).toBe(
      "opencat://team/join?domain=https%3A%2F%2Fapi.example.com%2Fone&token=sk-abc%26d",
    );
  });

  it("go to the operator's own web clients where there are any", () => {
    expect(href("ChatGPT-Next-Web", "https://chat.example.com/").href).toMatch(
      /^https:\/\/chat\.example\.com\/#\/\?settings=%7B/,
    );
    expect(href("LobeChat", "https://chat.example.com").origin).toBe("https://chat.example.com");
    expect(href("AMA", "https://chat.example.com").protocol).toBe("ama:");
  });
});

it("makes lines for a shell", () => {
  expect(environment(access)).toBe(
    "export OPENAI_API_KEY='sk-abc&d'\nexport OPENAI_BASE_URL='https://api.example.com/one/v1'",
  );
  expect(curlLine(access)).toBe(
    "curl 'https://api.example.com/one/v1/models' -H 'Authorization: Bearer sk-abc&d'",
  );
});

it("shows no more of a key than tells it from others", () => {
  expect(maskedKey("abcdEFGHIJKLwxyz")).toBe("sk-abcd…wxyz");
});
