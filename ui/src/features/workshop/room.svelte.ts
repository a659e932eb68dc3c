// The review that goes on in the war room; it goes on while another screen is looked at.
import { live } from "@/shell/live.svelte";
import { Failure, luna } from "@/transport";
import type { Reviewed } from "@/wire";
import type { Heard } from "./room";

class Room {
  proposal = $state("");
  code = $state("");
  context = $state("");
  /** The code that the review is of. */
  reviewed = $state("");
  review = $state.raw<Reviewed | undefined>(undefined);
  /** What was said so far in the review that goes on. */
  heard = $state.raw<Heard[]>([]);
  failure = $state.raw<Failure | undefined>(undefined);
  began = $state<number | undefined>(undefined);

  #stop: AbortController | undefined;
  #id = "";

  constructor() {
    live.listen((event) => {
      if (event.type === "review_heard" && event.review === this.#id) this.heard = [...this.heard, { by: event.by, said: event.said }];
    });
  }

  async begin(): Promise<void> {
    this.cancel();
    const stop = new AbortController();
    this.#stop = stop;
    const code = this.code;
    this.began = Date.now();
    this.review = undefined;
    this.failure = undefined;
    this.heard = [];
    this.#id = crypto.randomUUID();
    try {
      const request = { proposal: this.proposal, code, context: this.context.trim() || null, id: this.#id };
      const review = await luna.call("code.review", request, stop.signal);
      if (this.#stop !== stop) return;
      [this.review, this.reviewed] = [review, code];
    } catch (thrown) {
      if (this.#stop === stop) this.failure = Failure.of(thrown);
    }
    if (this.#stop === stop) this.began = undefined;
  }

  cancel(): void {
    this.#stop?.abort();
    this.#stop = undefined;
    this.#id = "";
    this.began = undefined;
  }
}

export const room = new Room();
