import { describe, expect, it } from "vitest";
import type { Event } from "@/wire";
import { Failure } from "./failure";
import { ipcTransport, type Ipc } from "./ipc";

type Send = (packet: unknown) => void;

/** A desktop program whose streams the test feeds. */
function program(answer: (command: string, args: Record<string, unknown>) => unknown = () => undefined) {
  const calls: [string, Record<string, unknown>][] = [];
  const channels: Send[] = [];
  const ipc = {
    invoke: (command: string, args: Record<string, unknown> = {}) => {
      calls.push([command, args]);
      return Promise.resolve().then(() => answer(command, args));
    },
    channel: (onmessage: Send) => channels.push(onmessage),
  } as unknown as Ipc;
  return { transport: ipcTransport(ipc), calls, channels };
}

const token = (text: string): Event => ({ type: "token", turn: "t", text });
const until = async (fits: () => boolean): Promise<void> => {
  while (!fits()) await new Promise((resolve) => setTimeout(resolve));
};

describe("ipc", () => {
  it("gives a reply on", async () => {
    const { transport, calls } = program(() => ({ version: "1" }));
    expect(await transport.call("hello", {})).toEqual({ version: "1" });
    expect(calls).toEqual([["rpc", { name: "hello", input: {} }]]);
  });

  it("makes a Failure of what the core refuses, and of what Tauri refuses", async () => {
    const refused = (thrown: unknown) => program(() => Promise.reject(thrown)).transport.call("hello", {});
    await expect(refused({ kind: "unavailable", message: "gone", offline: true })).rejects.toMatchObject({ kind: "unavailable", offline: true });
    await expect(refused("rpc not allowed")).rejects.toEqual(new Failure("internal", "rpc not allowed"));
  });

  it("yields the events of all packets in order, says what it worked off, and ends", async () => {
    const { transport, calls, channels } = program();
    const seen: Event[] = [];
    const reading = (async () => {
      for await (const event of transport.stream("events", {})) seen.push(event);
    })();
    await until(() => channels.length === 1);
    for (let n = 0; n < 16; n += 1) channels[0]?.({ events: [token(`${n}a`), token(`${n}b`)] });
    channels[0]?.({ end: null });
    await reading;
    expect(seen.map((event) => (event.type === "token" ? event.text : ""))).toEqual(
      Array.from({ length: 16 }, (_, n) => [`${n}a`, `${n}b`]).flat(),
    );
    expect(calls.filter(([name]) => name === "received")).toHaveLength(1);
    expect(calls.at(-1)?.[0]).toBe("unfollow");
  });

  it("throws what the stream ended with, after what came before", async () => {
    const { transport, channels } = program();
    const seen: Event[] = [];
    const reading = (async () => {
      for await (const event of transport.stream("events", {})) seen.push(event);
    })();
    await until(() => channels.length === 1);
    channels[0]?.({ events: [token("a")] });
    channels[0]?.({ end: { kind: "unavailable", message: "cut", offline: true } });
    await expect(reading).rejects.toMatchObject({ message: "cut", offline: true });
    expect(seen).toHaveLength(1);
  });

  it("ends a stream from this side", async () => {
    const { transport, calls, channels } = program();
    const stop = new AbortController();
    const reading = (async () => {
      for await (const event of transport.stream("events", {}, stop.signal)) void event;
    })();
    await until(() => channels.length === 1);
    stop.abort();
    await expect(reading).rejects.toMatchObject({ kind: "cancelled" });
    expect(calls.some(([name]) => name === "unfollow")).toBe(true);
  });
});
