// How Luna is set: who she is for, her settings, the providers of models, and the desktop program's keys.
import type { SettingsPatch } from "../commands";
import { Failure } from "../failure";
import { patched } from "../patch";
import { now, type Core } from "./core";
import type { Handlers, Part } from "./handlers";

export function settings(core: Core): Part<"settings" | "providers" | "desktop"> & Pick<Handlers, "hello"> {
  return {
    hello: () => ({
      version: "0.1.0",
      data_dir: "/home/ada/.local/share/luna",
      variant: core.options.has("business") ? "business" : "personal",
      house: core.options.has("business"),
      provider: core.active().provider,
      model: core.active().model,
      recall_engine: "token table",
      onboarded: core.settings.onboarded,
      user_name: core.settings.user_name,
      luna_name: core.settings.luna_name,
    }),
    "settings.get": () => core.view(),
    "settings.patch": ({ patch }) => {
      core.settings = patched(core.view(), patch as SettingsPatch);
      core.publish({ type: "user_changed", user: core.user() });
      const chosen = patch["provider"];
      if (chosen !== undefined) core.providers = core.providers.map((one) => ({ ...one, active: one.provider === (chosen ?? "builtin") }));
      return core.view();
    },
    "providers.list": () => core.providers,
    "providers.models": ({ provider }) => {
      if (provider === "ollama") throw new Failure("unavailable", "Ollama does not answer at http://127.0.0.1:11434. Start it, or set its address.");
      return ["small", "large"].map((size) => ({ provider, name: `${provider}-${size}`, tools: true, images: size === "large", price: size === "large" ? { input: 3, output: 15 } : null }));
    },
    "providers.test": ({ provider }) => {
      if (!core.providers.find((one) => one.provider === provider)?.configured) throw new Failure("invalid", "This provider has no key yet.");
      return {};
    },
    "providers.set_key": ({ provider, key }) => {
      if (key.startsWith("bad")) throw new Failure("invalid", "The provider refused this key (401).");
      core.providers = core.providers.map((one) => (one.provider === provider ? { ...one, configured: true, last_ok: now() } : one));
      return {};
    },
    "providers.delete_key": ({ provider }) => {
      core.providers = core.providers.map((one) => (one.provider === provider ? { ...one, configured: false, active: false } : one));
      return {};
    },
    "desktop.get": () => ({
      shown: true,
      hotkeys: [
        { setting: "hotkey_open", keys: core.settings.hotkey_open, active: true, problem: null },
        { setting: "hotkey_ask", keys: core.settings.hotkey_ask, active: false, problem: `${core.settings.hotkey_ask} is used by another program or by the desktop; choose other keys` },
        { setting: "hotkey_talk", keys: core.settings.hotkey_talk, active: true, problem: null },
      ],
      hotkeys_note: null,
      bind: [],
      tray: true,
      starts_at_login: false,
      updates: false,
      attached_to: null,
      closed_ports: [],
    }),
    "desktop.try_hotkey": ({ keys }) => ({ setting: "", keys, active: keys.includes("+"), problem: keys.includes("+") ? null : `${keys} alone would be lost for typing; add Ctrl, Alt or Super` }),
    "desktop.show": () => {
      throw new Failure("unavailable", "the desktop program does not run; start it, then try again");
    },
  };
}
