/** A line end; a CR at the end of a piece may be half of one. */
const LINE_END = /\r\n|\n|\r(?=[^\n])/;

/**
 * Reads an event stream in pieces, split anywhere: each call takes a piece and returns the data of the events
 * that it completes.
 */
export function eventReader(): (piece: Uint8Array) => string[] {
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  return (piece) => {
    rest += decoder.decode(piece, { stream: true });
    const lines = rest.split(LINE_END);
    rest = lines.pop() ?? "";
    const events: string[] = [];
    for (const line of lines) {
      if (line === "" && data.length > 0) {
        events.push(data.join("\n"));
        data = [];
      } else if (line.startsWith("data:")) {
        data.push(line.slice(5).replace(/^ /, ""));
      }
    }
    return events;
  };
}
