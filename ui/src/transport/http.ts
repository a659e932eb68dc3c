// Commands over HTTP: `POST /rpc/<command>`, streams as text/event-stream.
import type { Event } from "@/wire";
import { Failure } from "./failure";
import { pass } from "./pass";
import { readMessages } from "./sse";
import type { Transport } from "./transport";

/** A transport to the server that this page came from, or to `base`. */
export function httpTransport(base = ""): Transport {
  async function post(name: string, request: object, signal?: AbortSignal): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${base}/rpc/${name}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...(pass.shown ? { Authorization: `Bearer ${pass.shown}` } : {}) },
        body: JSON.stringify(request),
        ...(signal ? { signal } : {}),
      });
    } catch (thrown) {
      if (signal?.aborted) throw new Failure("cancelled", "cancelled");
      throw new Failure("unavailable", thrown instanceof Error ? thrown.message : "no connection", true);
    }
    if (!response.ok) throw Failure.fromBody(response.status, await response.text().catch(() => ""));
    return response;
  }

  return {
    async call(name, request, signal) {
      const response = await post(name, request, signal);
      return response.json();
    },

    async *stream(name, request, signal) {
      const response = await post(name, request, signal);
      if (!response.body) return;
      try {
        for await (const data of readMessages(response.body)) yield JSON.parse(data) as Event;
      } catch (thrown) {
        if (signal?.aborted) throw new Failure("cancelled", "cancelled");
        throw thrown instanceof SyntaxError
          ? new Failure("internal", "Luna's core sent something that is not JSON.")
          : new Failure("unavailable", "the connection was cut", true);
      }
    },
  };
}
