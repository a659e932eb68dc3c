// Against a real server on a free port, since fetch itself is half of what is tested.
// @vitest-environment node
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Event } from "@/wire";
import { Failure } from "./failure";
import { httpTransport } from "./http";
import { pass } from "./pass";

let server: Server;
let base: string;
const seen: { url: string | undefined; type: string | undefined; body: string }[] = [];
let bearer: string | undefined;
let opened: Promise<void>;
let hungUp: Promise<void>;

beforeAll(async () => {
  let open: () => void = () => undefined;
  let settle: () => void = () => undefined;
  opened = new Promise((resolve) => (open = resolve));
  hungUp = new Promise((resolve) => (settle = resolve));
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      bearer = request.headers.authorization;
      seen.push({ url: request.url, type: request.headers["content-type"], body });
      const json = (status: number, value: string): void => {
        response.writeHead(status, { "Content-Type": "application/json" });
        response.end(value);
      };
      switch (request.url) {
        case "/rpc/memory.facts":
          return json(200, "[]");
        case "/rpc/memory.forget":
          return json(404, '{"kind":"not_found","message":"There is no such fact."}');
        case "/rpc/hello":
          return json(401, '{"detail":"give your token","error":"give your token","code":"unauthenticated"}');
        case "/rpc/doctor":
          return json(502, "<html>Bad gateway</html>");
        case "/rpc/chat.send":
          response.writeHead(200, { "Content-Type": "text/event-stream" });
          response.write('data: {"type":"token","turn":"t","text":"Hel"}\n\n');
          response.end('data: {"type":"token","turn":"t","text":"lo"}\n\n');
          return;
        case "/rpc/runs.start":
          response.writeHead(200, { "Content-Type": "text/event-stream" });
          response.write('data: {"type":"run_changed","run":"r","state":"running"}\n\n');
          response.destroy();
          return;
        default:
          response.writeHead(200, { "Content-Type": "text/event-stream" });
          response.on("close", settle);
          response.write(": open\n\n", open);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  base = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, "close");
});

async function failure(deed: Promise<unknown>): Promise<Failure> {
  try {
    await deed;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
  throw new Error("it did not fail");
}
async function collect(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe("commands over HTTP", () => {
  it("are posted as JSON under their name", async () => {
    expect(await httpTransport(base).call("memory.facts", {})).toEqual([]);
    expect(seen.at(-1)).toEqual({ url: "/rpc/memory.facts", type: "application/json", body: "{}" });
  });

  it("fail with the core's kind and words", async () => {
    const failed = await failure(httpTransport(base).call("memory.forget", { fact: "x" }));
    expect(failed).toMatchObject({ kind: "not_found", message: "There is no such fact.", offline: false });
  });

  it("fail by the status when the body is not the core's", async () => {
    expect(await failure(httpTransport(base).call("doctor", {}))).toMatchObject({ kind: "unavailable", offline: false });
  });

  it("show who calls, and say so when that does not do", async () => {
    expect(bearer).toBeUndefined();
    pass.show("a secret");
    expect(await failure(httpTransport(base).call("hello", {}))).toMatchObject({ kind: "unauthenticated", message: "give your token" });
    expect(bearer).toBe("Bearer a secret");
    pass.forget();
  });

  it("say so when nobody answers", async () => {
    expect(await failure(httpTransport("http://127.0.0.1:9").call("doctor", {}))).toMatchObject({ kind: "unavailable", offline: true });
  });
});

describe("streams over HTTP", () => {
  it("give each event as it comes", async () => {
    const events = await collect(httpTransport(base).stream("chat.send", { message: "hi", images: [] }));
    expect(events).toEqual([
      { type: "token", turn: "t", text: "Hel" },
      { type: "token", turn: "t", text: "lo" },
    ]);
  });

  it("fail when they are cut", async () => {
    const failed = await failure(collect(httpTransport(base).stream("runs.start", { plan: "r", steps: [] })));
    expect(failed).toMatchObject({ kind: "unavailable", offline: true });
  });

  it("can be ended from this side, and the server notices", async () => {
    const stop = new AbortController();
    const ended = failure(collect(httpTransport(base).stream("events", {}, stop.signal)));
    await opened;
    stop.abort();
    expect(await ended).toMatchObject({ kind: "cancelled" });
    await hungUp;
  });
});
