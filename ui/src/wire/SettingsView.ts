import type { Settings } from "./Settings";

/** The settings, their defaults, and which are fixed by environment or flags. */
export type SettingsView = {
  settings: Settings;
  defaults: Settings;
  overridden: string[];
};
