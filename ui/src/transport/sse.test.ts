import { describe, expect, it } from "vitest";
import { readMessages } from "./sse";

/** A body that arrives in these pieces. */
function body(...pieces: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === "string" ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
}
async function all(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  const out: string[] = [];
  for await (const message of readMessages(stream)) out.push(message);
  return out;
}

describe("an event stream", () => {
  it("is cut into messages", async () => {
    expect(await all(body("data: a\n\ndata: b\n\n"))).toEqual(["a", "b"]);
  });

  it("may be torn anywhere, even inside a letter", async () => {
    const bytes = new TextEncoder().encode("data: Grüße\r\n\r\ndata: 月\r\n\r\n");
    for (let at = 1; at < bytes.length; at += 1) {
      expect(await all(body(bytes.slice(0, at), bytes.slice(at)))).toEqual(["Grüße", "月"]);
    }
  });

  it("joins the lines of a message", async () => {
    expect(await all(body("data: one\ndata: two\n\n"))).toEqual(["one\ntwo"]);
  });

  it("takes one space off, and only one", async () => {
    expect(await all(body("data:x\n\ndata:  y\n\n"))).toEqual(["x", " y"]);
  });

  it("leaves out comments and other fields", async () => {
    expect(await all(body(": keep-alive\n\nevent: token\nid: 7\ndata: a\n\n"))).toEqual(["a"]);
  });

  it("drops a message that was cut off", async () => {
    expect(await all(body("data: whole\n\ndata: hal"))).toEqual(["whole"]);
  });

  it("lets go of the connection when the reader stops early", async () => {
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("data: x\n\n")),
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const message of readMessages(endless)) if (message === "x") break;
    expect(cancelled).toBe(true);
  });
});
