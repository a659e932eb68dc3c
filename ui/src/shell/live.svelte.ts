// The line to the core: one endless stream of events, kept up with back-off. Whoever wants to know of something listens here.
import { Failure, luna, pass } from "@/transport";
import type { Event } from "@/wire";
import { backoff } from "./backoff";

type Listener = (event: Event) => void;
/** `locked`: the core is there and wants to know who calls. */
export type Connection = "connecting" | "online" | "offline" | "locked";

class Live {
  state = $state<Connection>("connecting");
  /** Counts the connections: whoever shows data loads it again when this grows. */
  epoch = $state(0);
  /** Counts how often the line came back after it was lost. */
  back = $state(0);

  #listeners = new Set<Listener>();
  #wake: (() => void) | undefined;
  #started = false;

  /** Keeps the stream up for the life of the page. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    addEventListener("online", () => this.tryNow());
    void this.#follow();
  }

  /** Calls `listener` with every event; the result ends that. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tryNow(): void {
    this.#wake?.();
  }

  /** Leaves: whoever comes next shows who they are. */
  leave(): void {
    pass.forget();
    location.reload();
  }

  /** A command met a dead line before the stream did. */
  lost(): void {
    if (this.state === "online") this.state = "offline";
    this.tryNow();
  }

  async #follow(): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const begun = Date.now();
      try {
        // A plain question first: the stream itself answers nothing until something happens.
        await luna.call("hello", {});
        this.#online();
        for await (const event of luna.stream("events", {})) {
          // The core says that this window was too slow for some events: what is shown is read again.
          if (event.type === "notice" && event.about === "lagged") this.epoch += 1;
          else for (const listener of this.#listeners) listener(event);
        }
      } catch (thrown) {
        const failure = Failure.of(thrown);
        if (failure.offline) this.state = "offline";
        else if (failure.kind === "unauthenticated") this.state = "locked";
      }
      // A line that held for a while was a good one: begin with short waits again.
      if (Date.now() - begun > 10_000) attempt = 0;
      await new Promise<void>((resolve) => {
        // Before a locked door there is nothing to try until somebody shows a token.
        const timer = this.state === "locked" ? undefined : setTimeout(resolve, backoff(attempt));
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #online(): void {
    if (this.state === "offline" && this.epoch > 0) this.back += 1;
    if (this.state !== "online") this.epoch += 1;
    this.state = "online";
  }
}

export const live = new Live();
