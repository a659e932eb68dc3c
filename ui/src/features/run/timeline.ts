// The steps of a run along the time they took. Pure.
import type { Step, StepState } from "@/wire";

export interface Bar {
  id: number;
  name: string;
  state: StepState;
  /** Milliseconds after the first step began. */
  after: number;
  took: number;
  /** Per cent of the whole. */
  left: number;
  width: number;
}

/** A bar for each step that ran, in the order they began. What ran on different days is put together without the gap. */
export function timeline(steps: readonly Step[]): Bar[] {
  const ran = steps
    .flatMap((step) => (step.outcome && step.started_at !== null ? [{ step, at: Date.parse(step.started_at), took: step.outcome.duration_ms }] : []))
    .sort((a, b) => a.at - b.at);
  let before = 0;
  const placed = ran.map(({ step, took }) => {
    const after = before;
    before += took;
    return { step, after, took };
  });
  const whole = Math.max(1, before);
  return placed.map(({ step, after, took }) => ({
    id: step.id,
    name: step.description,
    state: step.state,
    after,
    took,
    left: (after / whole) * 100,
    width: (took / whole) * 100,
  }));
}
