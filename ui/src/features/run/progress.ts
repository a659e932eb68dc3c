// A run as it is shown while it happens: the plan, its steps' states, and what they wrote. Pure.
import type { Event, OutputStream, Run, RunState, Step, StepState, Verdict } from "@/wire";

export interface Chunk {
  stream: OutputStream;
  data: string;
}

export interface StepProgress {
  state: StepState;
  exitCode: number | null;
  durationMs: number | null;
  error: string | null;
  /** What it wrote; the oldest is dropped beyond KEPT characters. */
  output: Chunk[];
  /** How many chunks were dropped, so that a terminal knows where it stands. */
  dropped: number;
}

export interface Progress {
  run: string;
  state: RunState;
  steps: Record<number, StepProgress>;
}

/** Characters of output kept a step; the core keeps the whole in a file. */
const KEPT = 1_000_000;

const WAITING: StepProgress = { state: "pending", exitCode: null, durationMs: null, error: null, output: [], dropped: 0 };

/** Where a stored run stands. */
export function progressOf(run: Run): Progress {
  const steps = run.plan.steps.map((step): [number, StepProgress] => [step.id, stepProgressOf(step)]);
  return { run: run.plan.id, state: run.state, steps: Object.fromEntries(steps) };
}

function stepProgressOf(step: Step): StepProgress {
  const outcome = step.outcome;
  if (!outcome) return { ...WAITING, state: step.state };
  const output: Chunk[] = [];
  if (outcome.stdout !== "") output.push({ stream: "stdout", data: outcome.stdout });
  if (outcome.stderr !== "") output.push({ stream: "stderr", data: outcome.stderr });
  return { ...WAITING, state: step.state, exitCode: outcome.exit_code, durationMs: outcome.duration_ms, output };
}

/** What arrived since the last frame. Events of other runs are left alone. */
export function apply(progress: Progress, events: readonly Event[]): Progress {
  return events.reduce(applyOne, progress);
}

function applyOne(progress: Progress, event: Event): Progress {
  if (!("run" in event) || event.run !== progress.run) return progress;
  switch (event.type) {
    case "run_changed":
      return { ...progress, state: event.state };
    case "step_changed":
      return change(progress, event.step, (step) => ({
        ...step,
        state: event.state,
        exitCode: event.exit_code,
        durationMs: event.duration_ms,
        error: event.error,
      }));
    case "step_output":
      return change(progress, event.step, (step) => write(step, { stream: event.stream, data: event.data }));
  }
}

function change(progress: Progress, id: number, update: (step: StepProgress) => StepProgress): Progress {
  return { ...progress, steps: { ...progress.steps, [id]: update(progress.steps[id] ?? WAITING) } };
}

function write(step: StepProgress, chunk: Chunk): StepProgress {
  const output = [...step.output, chunk];
  let size = output.reduce((sum, one) => sum + one.data.length, 0);
  let dropped = step.dropped;
  while (size > KEPT && output.length > 1) {
    size -= output.shift()?.data.length ?? 0;
    dropped += 1;
  }
  return { ...step, output, dropped };
}

/** Joins neighbouring output of one step and stream, so that a chatty command costs one change a frame. */
export function joined(events: readonly Event[]): Event[] {
  const out: Event[] = [];
  for (const event of events) {
    const last = out.at(-1);
    if (
      event.type === "step_output" &&
      last?.type === "step_output" &&
      last.run === event.run &&
      last.step === event.step &&
      last.stream === event.stream
    ) {
      out[out.length - 1] = { ...last, data: last.data + event.data };
    } else {
      out.push(event);
    }
  }
  return out;
}

/** The run's stream is over without its end being heard of. */
export function closed(progress: Progress): Progress {
  return progress.state === "running" ? { ...progress, state: "cancelled" } : progress;
}

/** A step of a plan as the user may change it before it runs. */
export interface Draft {
  id: number;
  description: string;
  /** As planned. */
  planned: string;
  /** As edited. */
  command: string;
  verdict: Verdict;
  /** `stale` from the first key of a change until the new verdict is there. */
  judged: "fresh" | "stale" | "failed";
  chosen: boolean;
}

/** Steps ready to be approved: all are chosen but the dangerous, which want a hand of their own, and the blocked. */
export function drafts(steps: readonly Step[]): Draft[] {
  return steps.map((step) => ({
    id: step.id,
    description: step.description,
    planned: step.command,
    command: step.command,
    verdict: step.verdict,
    judged: "fresh",
    chosen: !step.verdict.blocked && step.verdict.risk !== "dangerous",
  }));
}

/** The command was changed: it counts as unjudged, and no longer as approved if it was safe before. */
export function edited(draft: Draft, command: string): Draft {
  return { ...draft, command, judged: "stale" };
}

/** A verdict came back. It counts only for the command it was asked for; a step that became dangerous is not chosen any more. */
export function judged(draft: Draft, command: string, verdict: Verdict): Draft {
  if (draft.command !== command) return draft;
  const worse = verdict.blocked || (verdict.risk === "dangerous" && draft.verdict.risk !== "dangerous");
  return { ...draft, verdict, judged: "fresh", chosen: draft.chosen && !worse };
}

/** Whether this step may run as it stands. */
export function runnable(draft: Draft): boolean {
  return draft.judged === "fresh" && !draft.verdict.blocked && draft.command.trim() !== "";
}
