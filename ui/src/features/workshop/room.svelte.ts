// The review that goes on in the war room; it goes on while another screen is looked at.
import { Failure, luna } from "@/transport";
import type { Reviewed } from "@/wire";

class Room {
  proposal = $state("");
  code = $state("");
  context = $state("");
  /** The code that the review is of. */
  reviewed = $state("");
  review = $state.raw<Reviewed | undefined>(undefined);
  failure = $state.raw<Failure | undefined>(undefined);
  began = $state<number | undefined>(undefined);

  #stop: AbortController | undefined;

  async begin(): Promise<void> {
    this.cancel();
    const stop = new AbortController();
    this.#stop = stop;
    const code = this.code;
    this.began = Date.now();
    this.review = undefined;
    this.failure = undefined;
    try {
      const request = { proposal: this.proposal, code, context: this.context.trim() || null };
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
    this.began = undefined;
  }
}

export const room = new Room();
