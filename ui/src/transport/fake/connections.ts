// Outside services of the core in memory: what they gave, and how the channels among them stand.
import type { Channel, ChannelState, Connection, Credential, Held } from "@/wire";
import { Failure } from "../failure";
import type { Core } from "./core";
import type { Handlers, Part } from "./handlers";

const CHANNELS: Channel[] = ["telegram", "discord", "slack", "github", "webhook"];

function credential(name: string, held: Held, wrought: Partial<Credential> = {}): Credential {
  return { name, held, secret: true, optional: false, ...wrought };
}

export function connections(core: Core): Part<"connections"> & Pick<Handlers, "channels.list" | "channels.switch"> {
  const { bare } = core;
  const kept: Held = bare ? "missing" : "kept";
  const all: Connection[] = [
    { id: "telegram", credentials: [credential("TELEGRAM_BOT_TOKEN", kept), credential("TELEGRAM_SECRET_TOKEN", "missing", { optional: true })] },
    { id: "discord", credentials: [credential("DISCORD_BOT_TOKEN", "missing"), credential("DISCORD_PUBLIC_KEY", "missing", { secret: false, optional: true })] },
    { id: "slack", credentials: [credential("SLACK_BOT_TOKEN", bare ? "missing" : "given"), credential("SLACK_SIGNING_SECRET", bare ? "missing" : "given"), credential("SLACK_APP_TOKEN", "missing", { optional: true })] },
    { id: "github", credentials: [credential("GITHUB_WEBHOOK_SECRET", "missing")] },
    { id: "webhook", credentials: [credential("WEBHOOK_SECRET", "missing", { optional: true })] },
    { id: "spotify", credentials: [credential("SPOTIFY_CLIENT_ID", kept, { secret: false })] },
    { id: "alpha_vantage", credentials: [credential("ALPHA_VANTAGE_KEY", kept)] },
    { id: "the_news_api", credentials: [credential("NEWS_API_KEY", "missing")] },
  ];
  const state = (channel: Channel): ChannelState => {
    const missing = all.find((one) => one.id === channel)?.credentials.filter((one) => !one.optional && one.held === "missing") ?? [];
    const on = missing.length === 0 && !core.settings.channels_off.includes(channel);
    return { channel, on, hint: missing.length > 0 ? `set ${missing.map((one) => one.name).join(" and ")}` : `POST /api/channels/${channel}` };
  };
  return {
    "connections.list": () => all,
    "connections.set": ({ name, value }) => {
      const one = all.flatMap((connection) => connection.credentials).find((found) => found.name === name);
      if (!one) throw new Failure("not_found", `no service has a ${name}`);
      if (one.held === "given") throw new Failure("conflict", `${name} is given by a flag, the environment or .env; change it there`);
      one.held = value === null ? "missing" : "kept";
      return {};
    },
    "channels.list": () => CHANNELS.map(state),
    "channels.switch": ({ channel, on }) => {
      const others = core.settings.channels_off.filter((one) => one !== channel);
      core.settings = { ...core.settings, channels_off: on ? others : [...others, channel] };
      core.publish({ type: "channels_changed" });
      return {};
    },
  };
}
