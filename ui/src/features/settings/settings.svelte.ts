// The settings as the whole UI sees them, and who the core says it is.
import { showMotion, showTheme } from "@/design/theme.svelte";
import { t, useLanguage } from "@/i18n/index.svelte";
import { keep, kept } from "@/shell/kept";
import { live } from "@/shell/live.svelte";
import { toasts } from "@/shell/toasts.svelte";
import { Failure, luna, patched, type SettingsPatch } from "@/transport";
import type { Hello, Settings, SettingsView } from "@/wire";

class Preferences {
  view = $state.raw<SettingsView | undefined>(undefined);
  hello = $state.raw<Hello | undefined>(undefined);
  failure = $state.raw<Failure | undefined>(undefined);

  /** The theme and language of last time are shown until the core has answered. */
  restore(): void {
    showTheme(kept("theme") || "system");
    showMotion(kept("motion"));
    void useLanguage(kept("language") || "system");
  }

  start(): void {
    live.listen((event) => {
      if (event.type === "settings_changed") void this.refresh();
    });
  }

  async refresh(): Promise<void> {
    try {
      const [hello, view] = await Promise.all([luna.call("hello", {}), luna.call("settings.get", {})]);
      this.hello = hello;
      this.#show(view);
      this.failure = undefined;
    } catch (thrown) {
      this.failure = Failure.of(thrown);
      if (this.failure.offline) live.lost();
    }
  }

  /** Changes some settings. They show at once and go back if the core refuses them. */
  async patch(patch: SettingsPatch): Promise<boolean> {
    const before = this.view;
    if (before) this.#show({ ...before, settings: patched(before, patch) });
    try {
      this.#show(await luna.call("settings.patch", { patch }));
      this.hello = await luna.call("hello", {});
      return true;
    } catch (thrown) {
      if (before) this.#show(before);
      toasts.failed(thrown);
      return false;
    }
  }

  get lunaName(): string {
    return this.view?.settings.luna_name ?? this.hello?.luna_name ?? t().app.name;
  }

  get userName(): string {
    return this.view?.settings.user_name ?? this.hello?.user_name ?? "";
  }

  fixed(name: keyof Settings): boolean {
    return this.view?.overridden.includes(name) ?? false;
  }

  #show(view: SettingsView): void {
    this.view = view;
    keep("theme", view.settings.theme);
    keep("language", view.settings.language);
    keep("motion", view.settings.motion);
    showTheme(view.settings.theme);
    showMotion(view.settings.motion);
    void useLanguage(view.settings.language);
  }
}

export const preferences = new Preferences();
