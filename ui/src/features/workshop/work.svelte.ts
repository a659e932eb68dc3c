// Work that goes on: it is kept here, so that another screen can be looked at meanwhile.
import { Failure, luna } from "@/transport";
import { perFrame } from "@/transport/frames";
import type { WorkStep } from "@/wire";
import { advance, brokenOff, waiting, type Step } from "./work";

/** One agent, or a chain of them, on one input. */
export class Work {
  steps = $state.raw<Step[]>([]);
  running = $state(false);

  #stop: AbortController | undefined;

  async run(steps: WorkStep[], context: string): Promise<void> {
    this.cancel();
    const stop = new AbortController();
    this.#stop = stop;
    this.steps = waiting(steps);
    this.running = true;
    const mine = (): boolean => this.#stop === stop;
    try {
      const stream = luna.stream("work.run", { steps, context }, stop.signal);
      await perFrame(stream, (events) => {
        if (mine()) this.steps = advance(this.steps, events);
      });
      if (mine()) this.steps = brokenOff(this.steps);
    } catch (thrown) {
      const failure = Failure.of(thrown);
      if (mine()) this.steps = brokenOff(this.steps, failure.kind === "cancelled" ? "" : failure.message);
    } finally {
      if (mine()) this.running = false;
    }
  }

  cancel(): void {
    if (!this.running) return;
    this.#stop?.abort();
    this.#stop = undefined;
    this.steps = brokenOff(this.steps);
    this.running = false;
  }
}

/** What is open in the workshop, and what is written there. */
class Bench {
  /** The agent that is open, and the one it is compared with. */
  agent = $state("");
  rival = $state("");
  values = $state<Record<string, string>>({});
  first = new Work();
  second = new Work();

  chain = $state("");
  steps = $state.raw<WorkStep[]>([]);
  context = $state("");
  row = new Work();

  open(agent: string): void {
    if (agent === this.agent) return;
    this.first.cancel();
    this.second.cancel();
    this.agent = agent;
    this.rival = "";
    this.values = {};
    this.first = new Work();
    this.second = new Work();
  }
}

export const bench = new Bench();
