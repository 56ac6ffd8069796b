/** What a program needs to call this gateway. */
export interface Access {
  /** As programs send it, with the prefix `sk-`. */
  key: string;
  /** Without a trailing slash. */
  server: string;
}

export interface ClientLink {
  name: string;
  href: string;
}

/** The key as programs send it; the API returns it without the prefix. */
export function wholeKey(key: string): string {
  return `sk-${key}`;
}

/** The key as lists show it, masked. */
export function maskedKey(key: string): string {
  return `sk-${key.slice(0, 4)}…${key.slice(-4)}`;
}

/** Links that set up well-known clients; `chatLink`: the address of the operator's own web clients, or empty. */
export function clientLinks({ key, server }: Access, chatLink: string): ClientLink[] {
  const own = chatLink.replace(/\/+$/, "");
  const at = encodeURIComponent(server);
  const secret = encodeURIComponent(key);
  const nextChat = settings({ key, url: server });
  const lobeChat = settings({ keyVaults: { openai: { apiKey: key, baseURL: `${server}/v1` } } });
  return [
    { name: "ChatGPT-Next-Web", href: `${own || "https://app.nextchat.dev"}/#/?settings=${nextChat}` },
    { name: "LobeChat", href: `${own || "https://lobehub.com"}/?settings=${lobeChat}` },
    { name: "AMA", href: `ama://set-api-key?server=${at}&key=${secret}` },
    { name: "OpenCat", href: `opencat://team/join?domain=${at}&token=${secret}` },
  ];
}

function settings(value: object): string {
  return encodeURIComponent(JSON.stringify(value));
}

/** Shell lines with the variables that OpenAI's libraries read. */
export function environment({ key, server }: Access): string {
  return `export OPENAI_API_KEY=${quoted(key)}\nexport OPENAI_BASE_URL=${quoted(`${server}/v1`)}`;
}

/** A command that tests the key by listing its models. */
export function curlLine({ key, server }: Access): string {
  return `curl ${quoted(`${server}/v1/models`)} -H ${quoted(`Authorization: Bearer ${key}`)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
