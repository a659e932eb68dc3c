// All conversations: the list, the open threads, sending and stopping. What an event does to a thread stands in thread.ts.
import { saveFile } from "@/design/download";
import { t } from "@/i18n/index.svelte";
import { keep, kept } from "@/shell/kept";
import { live } from "@/shell/live.svelte";
import { router } from "@/shell/route.svelte";
import { toasts } from "@/shell/toasts.svelte";
import { takeBack, undoable } from "@/shell/undo.svelte";
import { Failure, luna } from "@/transport";
import { perFrame } from "@/transport/frames";
import type { Conversation, Image, Provider, ProviderStatus } from "@/wire";
import { putFiles, type TextFile } from "./files";
import { apply, closed, EMPTY, fromMessages, sent, streaming, unsent, withEarlier, type Said, type Thread } from "./thread";

/** Messages and conversations asked for at a time. */
const PAGE = 50;
/** Messages asked for at a time when one far up is looked for. */
const FAR = 500;

/** A new conversation has no id until its first message is stored. */
export const NEW = "";

/** One open conversation. */
export class Talk {
  thread = $state.raw<Thread>(EMPTY);
  loading = $state(false);
  failure = $state.raw<Failure | undefined>(undefined);
  stopping = $state(false);
  images = $state.raw<Image[]>([]);
  /** Text files that go with the next message: they are put into the workspace, where Luna reads them as what they are. */
  files = $state.raw<TextFile[]>([]);
  /** An earlier message that is said otherwise: what is sent begins a branch before it. */
  revising = $state.raw<string | undefined>(undefined);
  /** A message to be looked at, found by search. */
  target = $state.raw<string | undefined>(undefined);
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

  /** Loads pages until a message is there; whether it was found. */
  async loadUntil(message: string): Promise<boolean> {
    const here = (): boolean => this.thread.entries.some((entry) => entry.message === message);
    while (!here()) {
      const { conversation, oldest, earlier } = this.thread;
      if (conversation === null || oldest === null || !earlier) return false;
      try {
        const messages = await luna.call("chat.messages", { conversation, limit: FAR, before: oldest });
        if (this.thread.oldest === oldest) this.thread = withEarlier(this.thread, messages, FAR);
      } catch (thrown) {
        toasts.failed(thrown);
        return false;
      }
    }
    return true;
  }

  /** Takes an earlier message into the box, to say it otherwise. */
  revise(said: Said): void {
    this.revising = said.message ?? undefined;
    this.images = said.images;
    this.write(said.text);
  }

  leaveRevision(): void {
    this.revising = undefined;
    this.images = [];
    this.write("");
  }

  /** Asks the same again, of another model where one is given. What is in the box stays there. */
  async again(said: Said, provider?: Provider): Promise<void> {
    if (this.busy) return;
    await this.#say(said.text, said.images, provider ?? this.provider);
  }

  /** Sends what is in the box. It leaves the box for good only once the core has stored it. */
  async send(): Promise<void> {
    const said = this.draft.trim();
    const { images, files, revising } = this;
    if ((said === "" && images.length === 0 && files.length === 0) || this.busy) return;
    if (revising !== undefined) {
      const branch = await chats.branch(this.id, revising, false);
      if (!branch) return;
      [branch.images, branch.files, branch.provider] = [images, files, this.provider];
      branch.write(said);
      this.leaveRevision();
      this.files = [];
      await branch.send();
      return;
    }
    let text = said;
    if (files.length > 0) {
      try {
        text = [said, t().chat.filesNote(await putFiles(files))].filter(Boolean).join("\n\n");
      } catch (thrown) {
        toasts.failed(thrown);
        return;
      }
    }
    const before = this.id;
    this.draft = "";
    this.images = [];
    this.files = [];
    if (await this.#say(text, images, this.provider, () => keep(`draft.${before}`, ""))) return;
    if (this.draft === "") this.write(text);
    if (this.images.length === 0) this.images = images;
  }

  /** Says something; whether the core has stored it. */
  async #say(text: string, images: Image[], provider: Provider | undefined, kept: () => void = () => undefined): Promise<boolean> {
    const key = crypto.randomUUID();
    const before = this.id;
    let stored = false;
    this.thread = sent(this.thread, key, text, images, new Date().toISOString());
    this.failure = undefined;
    try {
      const stream = luna.stream("chat.send", {
        message: text,
        images,
        ...(before === NEW ? {} : { conversation: before }),
        ...(provider ? { provider } : {}),
      });
      await perFrame(stream, (events) => {
        this.thread = apply(this.thread, events);
        if (!stored && events.some((event) => event.type === "turn_started")) {
          stored = true;
          kept();
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
      this.failure ??= new Failure("unavailable", t().chat.sendFailed);
    }
    this.thread = closed(this.thread);
    this.stopping = false;
    void chats.refresh();
    return stored;
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
  /** Providers that can be asked. */
  providers = $state.raw<ProviderStatus[]>([]);
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

  /** Begins a conversation like another, up to a message, and shows it. */
  async branch(conversation: string, message: string, included: boolean): Promise<Talk | undefined> {
    try {
      const branch = await luna.call("chat.branch", { conversation, message, included });
      this.list = [branch, ...this.list];
      const talk = new Talk(branch.id);
      this.#talks.set(branch.id, talk);
      await talk.load();
      router.go("chat", branch.id);
      return talk;
    } catch (thrown) {
      toasts.failed(thrown);
      return undefined;
    }
  }

  /** Shows a message, wherever it is. */
  show(conversation: string, message: string): void {
    this.open(conversation).target = message;
    router.go("chat", conversation);
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

  async refreshProviders(): Promise<void> {
    try {
      this.providers = (await luna.call("providers.list", {})).filter((provider) => provider.configured);
    } catch (thrown) {
      if (Failure.of(thrown).offline) live.lost();
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
      saveFile(name, text, format === "json" ? "application/json" : "text/markdown");
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
