// What Luna says by herself. It stays until it is sent away; where more comes than a corner of the window holds, or came while
// nobody looked, it is kept in a list. It waits in the core until it was shown.
import { t } from "@/i18n/index.svelte";
import { luna } from "@/transport";
import type { JsonValue, OwnWord } from "@/wire";
import { router } from "./route.svelte";
import { toasts, type Toast } from "./toasts.svelte";

/** Kinds of messages by Luna herself: they wait in her queue until somebody saw them. */
const OWN: JsonValue[] = ["job", "budget", "greeting", "reminder", "event"];
/** Most that are shown at the edge of the window. */
const AT_EDGE = 3;
/** The notices about these, and about the rest of them. */
const [WORD, REST] = ["own-word", "own-words"];
const SNOOZE_MS = 10 * 60_000;

/** What such a notice is about, if it is an object. */
const named = (about: JsonValue): Record<string, JsonValue | undefined> => (about !== null && typeof about === "object" && !Array.isArray(about) ? about : {});

export function isOwn(about: JsonValue): boolean {
  return about === "proactive" || OWN.includes(named(about)["kind"] ?? null);
}

/** What can be done about it; `leaves`: it is done on another screen. */
interface WayOn extends NonNullable<Toast["action"]> {
  leaves?: boolean;
}

export function wayOn(about: JsonValue): WayOn | undefined {
  const { kind, reminder, initiative } = named(about);
  if (kind === "reminder" && typeof reminder === "string") return { label: t().today.snooze, run: () => snooze(reminder) };
  if (typeof initiative === "string") return { label: t().initiative.less, run: () => lessOf(initiative) };
  if (kind === "budget" || kind === "job") return { label: t().announce.show, run: () => router.go("scheduler", "jobs"), leaves: true };
  if (kind === "event") return { label: t().announce.show, run: () => router.go("today"), leaves: true };
  return undefined;
}

function snooze(reminder: string): void {
  const until = new Date(Date.now() + SNOOZE_MS).toISOString();
  luna.call("calendar.snooze", { reminder, until }).then(() => toasts.show(t().today.snoozed), (thrown: unknown) => toasts.failed(thrown));
}

function lessOf(kind: string): void {
  luna.call("initiative.less", { kind }).then(
    (now) => toasts.show(t().initiative.now(t().initiative.restraints[now.restraint]), { action: { label: t().announce.show, run: () => router.go("settings", "initiative") } }),
    (thrown: unknown) => toasts.failed(thrown),
  );
}

class OwnWords {
  /** What is not at the edge of the window, the oldest first. */
  rest = $state.raw<OwnWord[]>([]);
  open = $state(false);

  /** Shows what waits since before. */
  async catchUp(): Promise<void> {
    if (document.visibilityState !== "visible") return;
    const waiting = await luna.call("initiative.waiting", {}).catch(() => []);
    const fits = waiting.length + toasts.about(WORD) <= AT_EDGE;
    const news = waiting.filter(({ text }) => !this.rest.some((one) => one.text === text));
    if (fits) for (const word of news) this.show(word);
    else this.#keep(news);
  }

  show(word: OwnWord): void {
    if (toasts.about(WORD) >= AT_EDGE || this.rest.length > 0) return this.#keep([word]);
    const action = wayOn(word.about);
    toasts.show(word.text, { about: WORD, level: named(word.about)["kind"] === "budget" ? "warning" : "info", ...(action && { action }) });
    this.shown(word);
  }

  shown({ text }: OwnWord): void {
    luna.call("initiative.shown", { text }).catch(() => undefined);
  }

  /** Opens the list of them; what is in it was seen then. */
  look(): void {
    toasts.dismissAbout(REST);
    this.open = true;
    for (const word of this.rest) this.shown(word);
  }

  /** Does what can be done about one in the list, which needs it no longer. */
  follow(word: OwnWord, way: WayOn): void {
    this.rest = this.rest.filter((one) => one !== word);
    if (way.leaves || this.rest.length === 0) this.close();
    way.run();
  }

  close(): void {
    this.open = false;
    this.rest = [];
  }

  #keep(words: OwnWord[]): void {
    if (words.length === 0) return;
    this.rest = [...this.rest, ...words];
    if (this.open) return words.forEach((word) => this.shown(word));
    toasts.dismissAbout(REST);
    toasts.show(t().announce.missed(this.rest.length), { about: REST, action: { label: t().announce.show, run: () => this.look() } });
  }
}

export const ownWords = new OwnWords();
