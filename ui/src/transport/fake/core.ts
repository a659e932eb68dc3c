// What the core in memory holds, and how it tells of changes. The rooms beside it are functions of it: each gives handlers of
// its commands, or a stream. What only one room needs stands in that room.
import type { Confirmation, Conversation, Event, Fact, Message, Rule, Run, Settings, SettingsView, UserNow } from "@/wire";
import * as data from "./data";
import { found } from "./handlers";
import { big } from "./talk";

export const now = (): string => new Date().toISOString();
export const id = (): string => crypto.randomUUID();

/** Something that waits for the user's word, and who is told of it. */
interface Question {
  confirmation: Confirmation;
  settle: (outcome: string) => void;
}

export class Core {
  readonly options: URLSearchParams;
  /** Nothing is there yet. */
  readonly bare: boolean;
  /** Milliseconds between the pieces of what streams. */
  readonly speed: number;

  settings: Settings;
  providers = data.providers();
  conversations: Conversation[];
  readonly messages: Message[];
  facts: Fact[];
  rules: Rule[];
  tasks;
  runs: Run[];
  undoables;
  readonly audit;
  leave: UserNow["leave"] = null;
  readonly questions = new Map<string, Question>();
  /** Turns and runs that were told to stop. */
  readonly stopped = new Set<string>();
  /** Who waits for what is typed into a run. */
  readonly inputs = new Map<string, (typed: string) => void>();
  /** The ways back of changes to other things than files, by their action. */
  readonly waysBack = new Map<string, () => void>();
  readonly #listeners = new Set<(event: Event) => void>();

  constructor(search: string) {
    const options = new URLSearchParams(search);
    const bare = options.has("fresh") || options.has("empty");
    [this.options, this.bare, this.speed] = [options, bare, Number(options.get("pace") ?? 14)];
    this.settings = { ...data.SETTINGS, onboarded: !options.has("fresh"), theme: options.get("theme") ?? "system", language: options.get("language") ?? "en" };
    if (!bare) this.settings.user_name = "Ada";
    this.conversations = bare ? [] : data.conversations();
    this.messages = bare ? [] : data.messages();
    if (options.has("big")) {
      const { conversation, messages } = big();
      this.conversations = [conversation, ...this.conversations];
      this.messages.push(...messages);
    }
    this.facts = bare ? [] : data.facts();
    this.rules = bare ? [] : [{ id: "rule1", tool: "run_command", matches: { kind: "command", words: ["git", "status"] }, mode: "allow", created_at: data.ago(data.DAY) }];
    this.tasks = bare ? [] : data.tasks();
    this.runs = bare ? [] : data.runs();
    this.undoables = bare ? [] : data.undoables();
    this.audit = bare ? [] : data.audit();
  }

  publish(event: Event): void {
    for (const listener of this.#listeners) listener(event);
  }

  view(): SettingsView {
    return { settings: this.settings, defaults: data.SETTINGS, overridden: this.options.has("fixed") ? ["user_name"] : [] };
  }

  user(): UserNow {
    return {
      state: this.leave === null ? "normal" : this.leave === "bed" ? "sleeping" : "away",
      since: data.ago(data.HOUR),
      leave: this.leave,
      quiet: this.settings.do_not_disturb ? "do_not_disturb" : null,
    };
  }

  active(): (typeof this.providers)[number] {
    return found(this.providers.find((provider) => provider.active), "provider");
  }

  /** What is published from now on. */
  async *events(signal: AbortSignal | undefined): AsyncGenerator<Event> {
    const waiting: Event[] = [];
    let wake: () => void = () => undefined;
    const listener = (event: Event): void => {
      waiting.push(event);
      wake();
    };
    this.#listeners.add(listener);
    try {
      while (!signal?.aborted) {
        const next = waiting.shift();
        if (next) yield next;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }
}
