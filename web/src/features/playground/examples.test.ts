import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { ChatBody } from "./chat/messages";
import { asCurl, asPython } from "./examples";

const ORIGIN = "https://one.example";
const NASTY = `it's "quoted" \\ $HOME \`ls\` !x\nline 2\ttab 你好 🙂 \u2028 \ud800`;
const BODY: ChatBody = { model: "m", messages: [{ role: "user", content: NASTY }] };

/** The words into which a shell splits `command`. */
function words(command: string): string[] {
  const script = command.replace(/^curl/, "printf '%s\\0'");
  const env = { ONE_API_KEY: "from-env", HOME: "/nowhere" } as unknown as NodeJS.ProcessEnv;
  return execFileSync("sh", ["-c", script], { encoding: "utf8", env }).split("\0").slice(0, -1);
}

describe("curl", () => {
  it("reaches the gateway as it was meant, whatever is in the text", () => {
    const [, address, , authorization, , , , body = ""] = words(asCurl(ORIGIN, BODY, null));
    expect(address).toBe(`${ORIGIN}/v1/chat/completions`);
    expect(authorization).toBe("Authorization: Bearer from-env");
    expect(JSON.parse(body)).toEqual({ ...BODY, stream: true });
  });

  it("holds a key only if it is given one", () => {
    expect(asCurl(ORIGIN, BODY, null)).toContain('"Authorization: Bearer $ONE_API_KEY"');
    expect(words(asCurl(ORIGIN, BODY, "sk-it's"))).toContain("Authorization: Bearer sk-it's");
  });
});

describe("Python", () => {
  it("escapes quotes, backslashes and line ends", () => {
    const code = asPython(ORIGIN, BODY, null);
    const line = code.split("\n").find((each) => each.includes('"content"')) ?? "";
    expect(line).toContain(String.raw`it's \"quoted\" \\ $HOME`);
    expect(line).toContain(String.raw`!x\nline 2\ttab 你好 🙂`);
    expect(line).toContain(String.raw`\ud800`);
    expect(code.split("\n")).toHaveLength(19);
  });

  it("says the settings that were made", () => {
    const code = asPython(ORIGIN, { ...BODY, temperature: 0, max_tokens: 7 }, "sk-1");
    expect(code).toContain("    temperature=0,\n    max_tokens=7,\n");
    expect(code).toContain('api_key="sk-1"');
    expect(code).not.toContain("import os");
    expect(asPython(ORIGIN, BODY, null)).not.toContain("temperature");
  });
});
