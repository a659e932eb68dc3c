// Every setting by the name it has on its page, and the page it is on. A test walks through the pages and misses none.
import { t } from "@/i18n/index.svelte";

export interface NamedSetting {
  section: string;
  label: string;
}

export function namedSettings(): NamedSetting[] {
  const { models, costs, connections, general, door, appearance, desktop, voice, sight, initiative, privacy, modules, storage, api, accounts, users, about, logs } = t();
  const bySection: Record<string, string[]> = {
    users: [users.add],
    models: [models.choose, ...Object.values(models.names)],
    costs: [costs.setBudget],
    connections: Object.values(connections.services).map(({ name }) => name),
    general: [
      ...[general.yourName, general.lunaName, general.language, general.history, general.facts],
      ...[general.commandTimeout, general.firstToken, general.idle, door.leave],
    ],
    appearance: [appearance.theme, appearance.lessMotion],
    desktop: [
      ...Object.values(desktop.keys).map(({ label }) => label),
      ...[desktop.hotkeys, desktop.login, desktop.tray, desktop.free, desktop.notices, desktop.notify, desktop.quiet],
    ],
    voice: [
      ...[voice.muted, voice.wake, voice.phrase, voice.sensitivity, voice.onlyKnown, voice.microphone, voice.vad, voice.language, voice.followUp, voice.model],
      ...[voice.speak, voice.bargeIn, voice.engine, voice.loudspeaker, voice.rate, voice.volume, voice.emotion, voice.turns],
    ],
    sight: [sight.privateWindows, sight.screen, sight.which, sight.show],
    initiative: [initiative.doNotDisturb, initiative.quietFrom, initiative.quietTo, ...Object.values(initiative.kinds)],
    privacy: [privacy.learn, privacy.notify, privacy.confirm],
    modules: Object.values(modules.names),
    storage: [storage.sizes, storage.backups, storage.exportAll, storage.deleteAll],
    api: [api.callers],
    accounts: [accounts.add],
    about: [storage.doctor, logs.title, about.onboarding],
  };
  return Object.entries(bySection).flatMap(([section, labels]) => labels.map((label) => ({ section, label })));
}
