// Something loaded from the core, with its four states: loading, failed, empty and there.
import { Failure } from "@/transport";
import { live } from "./live.svelte";

export class Resource<Value> {
  value = $state.raw<Value | undefined>(undefined);
  failure = $state.raw<Failure | undefined>(undefined);
  loading = $state(false);

  #load: () => Promise<Value>;
  #ticket = 0;

  constructor(load: () => Promise<Value>) {
    this.#load = load;
  }

  /** Loads again. What is shown stays until the new value is there; an older answer never overtakes a newer one. */
  async refresh(): Promise<void> {
    const ticket = ++this.#ticket;
    this.loading = true;
    try {
      const value = await this.#load();
      if (ticket !== this.#ticket) return;
      this.value = value;
      this.failure = undefined;
    } catch (thrown) {
      if (ticket !== this.#ticket) return;
      this.failure = Failure.of(thrown);
      if (this.failure.offline) live.lost();
    } finally {
      if (ticket === this.#ticket) this.loading = false;
    }
  }
}

/** A resource for a component: loaded when it appears, and again after each reconnection. */
export function resource<Value>(load: () => Promise<Value>): Resource<Value> {
  const made = new Resource(load);
  $effect(() => {
    void live.epoch;
    void made.refresh();
  });
  return made;
}
