// People on channels of the core in memory: who may write to Luna.
import type { Sender } from "@/wire";
import type { Core } from "./core";
import { ago, HOUR } from "./data";
import { found, type Handlers } from "./handlers";

export function people(core: Core): Pick<Handlers, "channels.senders" | "channels.pair" | "channels.set_standing" | "channels.forget"> {
  let all = core.bare ? [] : senders();
  return {
    "channels.senders": () => all,
    "channels.pair": ({ standing }) => {
      const sender = found(all.find((one) => one.standing === "waiting"), "code");
      all = all.map((one) => (one === sender ? { ...one, standing } : one));
      return { ...sender, standing };
    },
    "channels.set_standing": ({ sender, standing }) => {
      all = all.map((one) => (one.id === sender ? { ...one, standing } : one));
      return found(all.find((one) => one.id === sender), "sender");
    },
    "channels.forget": ({ sender }) => {
      all = all.filter((one) => one.id !== sender);
      return {};
    },
  };
}

function senders(): Sender[] {
  const base = { code: null, code_until: null, conversation: null, created_at: ago(50 * HOUR) };
  return [
    { ...base, channel: "telegram", id: "4711", name: "Anna", standing: "waiting", place: "4711", last_at: ago(60_000) },
    { ...base, channel: "slack", id: "T1/U7", name: "Ada", standing: "owner", place: "C1", last_at: ago(2 * HOUR) },
    { ...base, channel: "webhook", id: "door", name: "Door bell", standing: "guest", place: "door", last_at: ago(30 * HOUR) },
  ];
}
