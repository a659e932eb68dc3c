// All conversations: the list, the open threads, sending and stopping. What an event does to a thread stands in thread.ts.
import { t } from "@/i18n/index.svelte";
import { keep, kept } from "@/shell/kept";
import { live } from "@/shell/live.svelte";
import { router } from "@/shell/route.svelte";
import { toasts } from "@/shell/toasts.svelte";
import { takeBack, undoable } from "@/shell/undo.svelte";
import { Failure, luna } from "@/transport";
import { perFrame } from "@/transport/frames";
import type { Conversation, Image, Provider } from "@/wire";
import { apply, closed, EMPTY, fromMessages, sent, streaming, unsent, withEarlier, type Thread } from "./thread";

/** Messages and conversations asked for at a time. */
const PAGE = 50;

/** A new conversation has no id until its first message is stored. */
export const NEW = "";

/** One open conversation. */
export class Talk {
  thread = $state.raw<Thread>(EMPTY);
  loading = $state(false);
  failure = $state.raw<Failure | undefined>(undefined);
  stopping = $state(false);
  images = $state.raw<Image[]>([]);
  draft = $state("");
  /** Another provider than the settings say, for this conversation. */
  provider = $state<Provider | undefined>(undefined);

  constructor(id: string) {
    this.thread = { ...EMPTY, conversation: id === NEW ? null : id };
    this.loading = id !== NEW;
    this.draft = kept(`draft.${id}`);
  }

  get id(): string {
    return this.thread.conversation ?? NEW;
  }

  get busy(): boolean {
    return streaming(this.thread) !== undefined;
  }

  write(text: string): void {
    this.draft = text;
    keep(`draft.${this.id}`, text);
  }

  async load(): Promise<void> {
    const conversation = this.thread.conversation;
    if (conversation === null || this.busy) return;
    this.loading = true;
    try {
      const messages = await luna.call("chat.messages", { conversation, limit: PAGE });
      if (!this.busy) this.thread = fromMessages(conversation, messages, PAGE);
      this.failure = undefined;
    } catch (thrown) {
      this.failure = Failure.of(thrown);
      if (this.failure.offline) live.lost();
    } finally {
      this.loading = false;
    }
  }

  async loadEarlier(): Promise<void> {
    const { conversation, oldest, earlier } = this.thread;
    if (conversation === null || oldest === null || !earlier || this.loading) return;
    this.loading = true;
    try {
      const messages = await luna.call("chat.messages", { conversation, limit: PAGE, before: oldest });
      if (this.thread.oldest === oldest) this.thread = withEarlier(this.thread, messages, PAGE);
    } catch (thrown) {
      toasts.failed(thrown);
    } finally {
      this.loading = false;
    }
  }

  /** Sends what is in the box. It leaves the box for good only once the core has stored it. */
  async send(): Promise<void> {
    const text = this.draft.trim();
    const images = this.images;
    if ((text === "" && images.length === 0) || this.busy) return;
    const key = crypto.randomUUID();
    const before = this.id;
    let stored = false;
    this.thread = sent(this.thread, key, text, images, new Date().toISOString());
    this.draft = "";
    this.images = [];
    this.failure = undefined;
    try {
      const stream = luna.stream("chat.send", {
        message: text,
        images,
        ...(before === NEW ? {} : { conversation: before }),
        ...(this.provider ? { provider: this.provider } : {}),
      });
      await perFrame(stream, (events) => {
        this.thread = apply(this.thread, events);
        if (!stored && events.some((event) => event.type === "turn_started")) {
          stored = true;
          keep(`draft.${before}`, "");
          chats.begun(this, before);
        }
      });
    } catch (thrown) {
      const failure = Failure.of(thrown);
      if (failure.offline) live.lost();
      if (!stored) {
        this.thread = unsent(this.thread, key);
        this.failure = failure;
      }
    }
    if (!stored) {
      this.thread = unsent(this.thread, key);
      if (this.draft === "") this.write(text);
      if (this.images.length === 0) this.images = images;
      this.failure ??= new Failure("unavailable", t().chat.sendFailed);
    }
    this.thread = closed(this.thread);
    this.stopping = false;
    void chats.refresh();
  }

  async stop(): Promise<void> {
    const turn = streaming(this.thread)?.turn;
    if (!turn || this.stopping) return;
    this.stopping = true;
    try {
      await luna.call("chat.stop", { turn });
    } catch (thrown) {
      this.stopping = false;
      toasts.failed(thrown);
    }
  }
}

class Chats {
  list = $state.raw<Conversation[]>([]);
  loaded = $state(false);
  failure = $state.raw<Failure | undefined>(undefined);
  more = $state(false);

  #talks = new Map<string, Talk>();
  #soon: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    live.listen((event) => {
      // A title that was just made, or another window: once for a burst of changes.
      if (event.type === "conversation_changed" && this.#soon === undefined) {
        this.#soon = setTimeout(() => {
          this.#soon = undefined;
          void this.refresh();
        }, 150);
      }
    });
  }

  /** The conversation of this id, loaded when it is opened for the first time. */
  open(id: string): Talk {
    const known = this.#talks.get(id);
    if (known) return known;
    const talk = new Talk(id);
    this.#talks.set(id, talk);
    // Not at once: a component may be asking while it is drawn, when nothing may change.
    queueMicrotask(() => void talk.load());
    return talk;
  }

  /** After a reconnection: what was open may have grown, or lost its stream. */
  reload(): void {
    for (const talk of this.#talks.values()) if (talk.id !== NEW) void talk.load();
  }

  /** A new conversation got its id. */
  begun(talk: Talk, before: string): void {
    if (before !== NEW) return;
    this.#talks.delete(NEW);
    this.#talks.set(talk.id, talk);
    const here = router.current;
    if (here.screen === "chat" && here.detail === NEW) router.go("chat", talk.id, true);
    void this.refresh();
  }

  /** Starts a new conversation with this text in the box. */
  compose(text: string): Talk {
    const talk = this.open(NEW);
    talk.write(text);
    router.go("chat");
    return talk;
  }

  async refresh(): Promise<void> {
    try {
      const limit = Math.max(PAGE, this.list.length);
      const list = await luna.call("chat.conversations", { limit });
      this.list = list;
      this.more = list.length >= limit;
      this.failure = undefined;
      this.loaded = true;
    } catch (thrown) {
      this.failure = Failure.of(thrown);
      if (this.failure.offline) live.lost();
    }
  }

  async loadMore(): Promise<void> {
    const oldest = this.list.filter((conversation) => !conversation.pinned).at(-1);
    if (!this.more || !oldest) return;
    this.more = false;
    try {
      const older = await luna.call("chat.conversations", { limit: PAGE, before: oldest.updated_at });
      const known = new Set(this.list.map((conversation) => conversation.id));
      this.list = [...this.list, ...older.filter((conversation) => !known.has(conversation.id))];
      this.more = older.length >= PAGE;
    } catch (thrown) {
      this.more = true;
      toasts.failed(thrown);
    }
  }

  async rename(conversation: Conversation, title: string): Promise<void> {
    await this.#change(() => luna.call("chat.rename", { conversation: conversation.id, title }));
  }

  async pin(conversation: Conversation): Promise<void> {
    await this.#change(() => luna.call("chat.pin", { conversation: conversation.id, pinned: !conversation.pinned }));
  }

  async remove(conversation: Conversation): Promise<void> {
    try {
      await luna.call("chat.delete", { conversation: conversation.id });
    } catch (thrown) {
      toasts.failed(thrown);
      return;
    }
    this.list = this.list.filter((other) => other.id !== conversation.id);
    this.#talks.delete(conversation.id);
    if (router.current.detail === conversation.id) router.go("chat");
    const deed = undoable(async () => {
      await luna.call("chat.restore", { conversation: conversation.id });
      toasts.show(t().chat.restored(conversation.title));
      await this.refresh();
    });
    toasts.show(t().chat.deleted(conversation.title), {
      action: { label: t().app.undo, run: () => void takeBack(deed) },
    });
  }

  async export(conversation: Conversation, format: "markdown" | "json"): Promise<void> {
    try {
      const { name, text } = await luna.call("chat.export", { conversation: conversation.id, format });
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: format === "json" ? "application/json" : "text/markdown" }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (thrown) {
      toasts.failed(thrown);
    }
  }

  async #change(deed: () => Promise<Conversation>): Promise<void> {
    try {
      const changed = await deed();
      this.list = this.list.map((other) => (other.id === changed.id ? changed : other));
      await this.refresh();
    } catch (thrown) {
      toasts.failed(thrown);
    }
  }
}

export const chats = new Chats();
