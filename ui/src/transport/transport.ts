// What the UI needs of its core: call a command, or follow a stream. IPC and HTTP are two ways to do so.
import type { Event } from "@/wire";
import type { CommandName, Request, Response, StreamName, Streams } from "./commands";

export interface Transport {
  /** Calls a command. Rejects with a Failure. */
  call<Name extends CommandName>(name: Name, request: Request<Name>, signal?: AbortSignal): Promise<Response<Name>>;
  /** Follows a stream to its end. Throws a Failure; `signal` ends it from this side. */
  stream<Name extends StreamName>(name: Name, request: Streams[Name], signal?: AbortSignal): AsyncIterable<Event>;
}
