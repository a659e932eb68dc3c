// What a patch of the settings makes of them, so that a change shows before the core has answered.
import type { Settings, SettingsView } from "@/wire";
import type { SettingsPatch } from "./commands";

/** The settings after a patch: `null` puts a field back to its default, and providers that are not named stay as they are. */
export function patched({ settings, defaults }: SettingsView, patch: SettingsPatch): Settings {
  const next = { ...settings, ...patch, voice: { ...settings.voice, ...patch.voice } };
  if (patch.providers) next.providers = { ...settings.providers, ...patch.providers };
  const filled = Object.entries(next).map(([name, value]) => [name, value === null ? defaults[name as keyof Settings] : value]);
  return Object.fromEntries(filled) as Settings;
}
