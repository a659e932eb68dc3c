// Commands over Tauri's IPC, in the desktop window: `rpc` answers once, `follow` streams packets of events over a channel.
import { Channel, invoke } from "@tauri-apps/api/core";
import type { ErrorKind, Event } from "@/wire";
import { Failure } from "./failure";
import type { Transport } from "./transport";

/** What src-tauri/src/ipc.rs sends: what it calls `Packet` and `Trouble`. */
type Packet = { events: Event[] } | { end: Trouble | null };
interface Trouble {
  kind: ErrorKind;
  message: string;
  offline: boolean;
}

/** Packets after which the other side hears that they were worked off; it lets no more than 64 be on their way. */
const RECEIPT = 16;

/** The functions of the desktop program that are used here; the tests have others. */
export interface Ipc {
  invoke: typeof invoke;
  channel: (onmessage: (packet: Packet) => void) => unknown;
}

const TAURI: Ipc = { invoke, channel: (onmessage) => new Channel<Packet>(onmessage) };

let streams = 0;

export function ipcTransport({ invoke, channel }: Ipc = TAURI): Transport {
  return {
    async call(name, request, signal) {
      try {
        return await unlessAborted(invoke("rpc", { name, input: request }), signal);
      } catch (thrown) {
        throw failureOf(thrown);
      }
    },

    async *stream(name, request, signal) {
      const id = (streams += 1);
      const waiting: Packet[] = [];
      let wake = (): void => undefined;
      const onmessage = (packet: Packet): void => {
        waiting.push(packet);
        wake();
      };
      const aborted = (): void => wake();
      signal?.addEventListener("abort", aborted);
      try {
        await unlessAborted(invoke("follow", { id, name, input: request, channel: channel(onmessage) }), signal);
        let seen = 0;
        for (;;) {
          if (signal?.aborted) throw new Failure("cancelled", "cancelled");
          const packet = waiting.shift();
          if (!packet) {
            await new Promise<void>((resolve) => (wake = resolve));
            continue;
          }
          if ("end" in packet) {
            if (packet.end) throw failureOf(packet.end);
            return;
          }
          yield* packet.events;
          seen += 1;
          if (seen % RECEIPT === 0) void invoke("received", { id, count: RECEIPT });
        }
      } catch (thrown) {
        throw failureOf(thrown);
      } finally {
        signal?.removeEventListener("abort", aborted);
        // Also when the reader left before the end.
        void invoke("unfollow", { id }).catch(() => undefined);
      }
    },
  };
}

function unlessAborted<Value>(work: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Failure("cancelled", "cancelled"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (isTrouble(thrown)) return new Failure(thrown.kind, thrown.message, thrown.offline);
  // Tauri's own refusals are plain texts.
  return new Failure("internal", typeof thrown === "string" ? thrown : thrown instanceof Error ? thrown.message : String(thrown));
}

function isTrouble(thrown: unknown): thrown is Trouble {
  return typeof thrown === "object" && thrown !== null && "kind" in thrown && "message" in thrown;
}
