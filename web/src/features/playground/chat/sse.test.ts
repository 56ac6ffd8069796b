import { describe, expect, it } from "vitest";
import { eventReader } from "./sse";

/** The events of `text` when it arrives in pieces of `size` bytes. */
function read(text: string, size = Number.POSITIVE_INFINITY): string[] {
  const bytes = new TextEncoder().encode(text);
  const feed = eventReader();
  const events: string[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    events.push(...feed(bytes.subarray(at, at + size)));
  }
  return events;
}

const STREAM =
  'data: {"a":"né 你好 🙂"}\n\n: keep-alive\n\nevent: x\ndata:one\ndata: two\n\ndata: [DONE]\n\n';
const EVENTS = ['{"a":"né 你好 🙂"}', "one\ntwo", "[DONE]"];

describe("an event stream", () => {
  it.each([1, 2, 3, 5, 7, 64, 1000])("is the same in pieces of %i bytes", (size) => {
    expect(read(STREAM, size)).toEqual(EVENTS);
    expect(read(STREAM.replaceAll("\n", "\r\n"), size)).toEqual(EVENTS);
  });

  it("may hold several events in one piece", () => {
    expect(read(STREAM)).toEqual(EVENTS);
  });

  it("may end its lines with CR alone", () => {
    expect(read("data: 1\r\rdata: 2\r\r\n", 1)).toEqual(["1", "2"]);
  });

  it("keeps line separators of Unicode, which end no line here", () => {
    expect(read("data: a\u2028b\u0085c\n\n")).toEqual(["a\u2028b\u0085c"]);
  });

  it("gives no event that has not ended", () => {
    expect(read("data: half\n")).toEqual([]);
  });
});
