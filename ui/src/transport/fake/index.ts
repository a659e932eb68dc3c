// A core in memory, for working on the UI and for its tests: `npm run ui:dev -- --mode fake`. Here its rooms are put together.
// The address chooses a state: `?fresh` (first start), `?empty`, `?failing`, `?offline`, `?slow`, `?big` (10,000 messages),
// `?waiting=5` (as many messages of her own that nobody saw yet).
import type { Event } from "@/wire";
import type { CommandName, Commands, Request, StreamName, Streams } from "../commands";
import { Failure } from "../failure";
import type { Transport } from "../transport";
import { agent } from "./agent";
import { send } from "./answering";
import { artifacts } from "./artifacts";
import { calendar } from "./calendar";
import { calendarAccounts } from "./calendars";
import { chat } from "./chat";
import { code } from "./code";
import { connections } from "./connections";
import { Core, id, now } from "./core";
import { costs } from "./costs";
import { accounts, webhooks } from "./doors";
import { pause, type Handlers } from "./handlers";
import { holdings } from "./holdings";
import { memory } from "./memory";
import { outside } from "./outside";
import { initiative } from "./ownwords";
import { people } from "./people";
import { registry } from "./registry";
import { runs, start } from "./runs";
import { schedule } from "./schedule";
import { senses } from "./senses";
import { settings } from "./settings";
import { users } from "./users";
import { work, working } from "./work";

export function fakeTransport(search: string = location.search): Transport {
  const core = new Core(search);
  const { bare, options, speed } = core;
  const handlers: Handlers = {
    ...settings(core),
    ...chat(core),
    ...runs(core),
    ...memory(core),
    ...agent(core),
    ...calendar(core),
    ...calendarAccounts(bare, id, now),
    ...schedule(core),
    ...people(core),
    ...connections(core),
    ...initiative(core),
    ...holdings(core),
    ...senses(core),
    ...outside,
    ...work,
    ...accounts(bare),
    ...users(bare),
    ...artifacts(bare),
    ...code(bare, (event) => core.publish(event), speed),
    ...costs(bare),
    ...registry(bare),
    ...webhooks(bare),
  };

  /** Stands before every call: the states in which none, or few, are answered. */
  function guard(name: string): void {
    if (options.has("locked")) throw new Failure("unauthenticated", "give your token");
    if (options.has("offline")) throw new Failure("unavailable", "fetch failed", true);
    if (options.has("failing") && !["hello", "settings.get", "confirmations.list", "events"].includes(name)) {
      throw new Failure("internal", "internal error; the log has the details");
    }
  }

  return {
    async call<Name extends CommandName>(name: Name, request: Request<Name>): Promise<Commands[Name]["response"]> {
      await pause(options.has("slow") && name !== "hello" && name !== "settings.get" ? 60_000 : speed);
      guard(name);
      return structuredClone(await handlers[name](request));
    },
    async *stream<Name extends StreamName>(name: Name, request: Streams[Name], signal?: AbortSignal): AsyncGenerator<Event> {
      await pause(speed);
      guard(name);
      if (name === "events") yield* core.events(signal);
      else if (name === "chat.send") yield* send(core, request as Streams["chat.send"]);
      else if (name === "work.run") yield* working(request as Streams["work.run"], speed, signal);
      else yield* start(core, request as Streams["runs.start"]);
    },
  };
}
