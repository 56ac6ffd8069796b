import type { ChatBody } from "./chat/messages";

/** The call as a shell command; `key` null: read from the variable ONE_API_KEY. */
export function asCurl(origin: string, body: ChatBody, key: string | null): string {
  const header = "Authorization: Bearer";
  return [
    `curl -N ${quoted(`${origin}/v1/chat/completions`)}`,
    `-H ${key === null ? `"${header} $ONE_API_KEY"` : quoted(`${header} ${key}`)}`,
    `-H 'Content-Type: application/json'`,
    `-d ${quoted(JSON.stringify({ ...body, stream: true }, null, 2))}`,
  ].join(" \\\n  ");
}

/** The call with OpenAI's Python package; otherwise as `asCurl`. */
export function asPython(origin: string, body: ChatBody, key: string | null): string {
  const messages = body.messages.map(
    ({ role, content }) =>
      `        {"role": ${JSON.stringify(role)}, "content": ${JSON.stringify(content)}},`,
  );
  return [
    ...(key === null ? ["import os", ""] : []),
    "from openai import OpenAI",
    "",
    "client = OpenAI(",
    `    base_url=${JSON.stringify(`${origin}/v1`)},`,
    `    api_key=${key === null ? 'os.environ["ONE_API_KEY"]' : JSON.stringify(key)},`,
    ")",
    "stream = client.chat.completions.create(",
    `    model=${JSON.stringify(body.model)},`,
    "    messages=[",
    ...messages,
    "    ],",
    ...(body.temperature === undefined ? [] : [`    temperature=${body.temperature},`]),
    ...(body.max_tokens === undefined ? [] : [`    max_tokens=${body.max_tokens},`]),
    "    stream=True,",
    ")",
    "for chunk in stream:",
    "    if chunk.choices:",
    '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
    "",
  ].join("\n");
}

/** `text` quoted as one word for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
