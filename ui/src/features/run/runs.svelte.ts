// The runs: planning, judging edits, starting, following, history. What events mean stands in progress.ts.
import { t } from "@/i18n/index.svelte";
import { keep, kept } from "@/shell/kept";
import { live } from "@/shell/live.svelte";
import { router } from "@/shell/route.svelte";
import { toasts } from "@/shell/toasts.svelte";
import { Failure, luna } from "@/transport";
import { perFrame } from "@/transport/frames";
import type { Event, Plan, Rehearsed, Run, Step } from "@/wire";
import { apply, closed, drafts, edited, joined, judged, progressOf, type Draft, type Progress } from "./progress";

/** Milliseconds of no typing before a changed command is judged. */
const PAUSE = 180;

/** One plan on the screen, with its run once it has one. */
export class Job {
  run: Run;
  drafts: Draft[];
  progress: Progress;
  starting = $state(false);
  /** Steps that are run one by one, each after its own yes. */
  queue = $state.raw<Draft[]>([]);
  /** What a dry run found, by step. */
  rehearsal = $state.raw<Record<number, Rehearsed>>({});
  rehearsing = $state(false);

  /** Its own stream is heard, so the common one is not. */
  #following = false;
  #pauses = new Map<number, ReturnType<typeof setTimeout>>();

  constructor(run: Run) {
    this.run = $state.raw(run);
    this.drafts = $state.raw(drafts(run.plan.steps));
    this.progress = $state.raw(progressOf(run));
  }

  get plan(): Plan {
    return this.run.plan;
  }

  /** Planned and not yet run: its steps can be changed. */
  get open(): boolean {
    return this.progress.state === "planned" && !this.starting && this.queue.length === 0;
  }

  get running(): boolean {
    return this.progress.state === "running" || this.starting;
  }

  choose(id: number, chosen: boolean): void {
    this.#change(id, (draft) => ({ ...draft, chosen }));
  }

  edit(id: number, command: string): void {
    this.#change(id, (draft) => edited(draft, command));
    this.rehearsal = Object.fromEntries(Object.entries(this.rehearsal).filter(([step]) => Number(step) !== id));
    clearTimeout(this.#pauses.get(id));
    this.#pauses.set(
      id,
      setTimeout(() => void this.#judge(id, command), PAUSE),
    );
  }

  oneByOne(steps: Draft[]): void {
    this.queue = steps;
  }

  skipNext(): void {
    this.queue = this.queue.slice(1);
  }

  /** Says what the steps would do. Nothing runs. */
  async rehearse(): Promise<void> {
    this.rehearsing = true;
    try {
      const found = await Promise.all(
        this.drafts.map(async ({ id, command }) => [id, await luna.call("runs.rehearse", { plan: this.plan.id, command })] as const),
      );
      this.rehearsal = Object.fromEntries(found);
    } catch (thrown) {
      toasts.failed(thrown);
    } finally {
      this.rehearsing = false;
    }
  }

  /** Runs these steps exactly as shown, and follows them to the end. */
  async start(steps: Draft[]): Promise<void> {
    this.starting = true;
    this.#following = true;
    try {
      const stream = luna.stream("runs.start", {
        plan: this.plan.id,
        steps: steps.map(({ id, command, description }) => ({ id, command: command.trim(), description })),
      });
      await perFrame(stream, (events) => {
        this.starting = false;
        this.progress = apply(this.progress, joined(events));
      });
    } catch (thrown) {
      toasts.failed(thrown);
    }
    this.starting = false;
    this.#following = false;
    this.progress = closed(this.progress);
    await this.reload();
    void runs.refresh();
  }

  /** Another window, or Luna herself, runs this plan. */
  hear(event: Event): void {
    if (this.#following) return;
    this.progress = apply(this.progress, [event]);
    if (event.type === "run_changed" && event.state !== "running") void this.reload();
  }

  async cancel(): Promise<void> {
    try {
      await luna.call("runs.cancel", { run: this.plan.id });
    } catch (thrown) {
      toasts.failed(thrown);
    }
  }

  /** Sends what was typed to the running step. */
  async input(data: string): Promise<void> {
    try {
      await luna.call("runs.input", { run: this.plan.id, data });
    } catch (thrown) {
      toasts.failed(thrown);
    }
  }

  /** Takes the stored outcome over; the live output stays, since the terminal has shown it already. */
  async reload(): Promise<void> {
    try {
      const run = withLeftOut(await luna.call("runs.get", { run: this.plan.id }), this.run);
      const stored = progressOf(run);
      const steps = Object.fromEntries(
        Object.entries(stored.steps).map(([id, step]) => {
          const seen = this.progress.steps[Number(id)];
          return [id, seen && seen.output.length > 0 ? { ...step, output: seen.output, dropped: seen.dropped, error: seen.error } : step];
        }),
      );
      this.run = run;
      this.progress = { ...stored, steps };
    } catch (thrown) {
      if (Failure.of(thrown).offline) live.lost();
    }
  }

  /** The turns of this run whose file changes are still there, newest first. The audit log binds them to the run. */
  async turnsToUndo(): Promise<string[]> {
    try {
      const [records, undoables] = await Promise.all([
        luna.call("audit.list", { limit: 1000 }),
        luna.call("undo.list", { limit: 500 }),
      ]);
      const own = new Set(
        records.flatMap(({ actor, turn }) => (actor.kind === "run" && actor.run === this.plan.id ? [turn] : [])),
      );
      return [...new Set(undoables.filter((entry) => own.has(entry.turn) && !entry.undone).map((entry) => entry.turn))];
    } catch (thrown) {
      toasts.failed(thrown);
      return [];
    }
  }

  async #judge(id: number, command: string): Promise<void> {
    try {
      const verdict = await luna.call("runs.judge", { command });
      this.#change(id, (draft) => judged(draft, command, verdict));
    } catch (thrown) {
      if (Failure.of(thrown).offline) live.lost();
      this.#change(id, (draft) => (draft.command === command ? { ...draft, judged: "failed" } : draft));
    }
  }

  #change(id: number, update: (draft: Draft) => Draft): void {
    this.drafts = this.drafts.map((draft) => (draft.id === id ? update(draft) : draft));
  }
}

/** A stored run holds the steps of its last start; the others stay as they were seen, or were not run. */
function withLeftOut(stored: Run, seen: Run): Run {
  const steps = seen.plan.steps.map((step): Step => {
    const run = stored.plan.steps.find((other) => other.id === step.id);
    return run ?? (step.state === "pending" ? { ...step, state: "skipped" } : step);
  });
  return { ...stored, plan: { ...stored.plan, steps } };
}

class Runs {
  list = $state.raw<Run[] | undefined>(undefined);
  failure = $state.raw<Failure | undefined>(undefined);
  words = $state(kept("draft.run"));
  folder = $state(kept("run.folder"));
  planning = $state(false);
  planFailure = $state.raw<Failure | undefined>(undefined);

  #jobs = new Map<string, Job>();

  constructor() {
    live.listen((event) => {
      if ("run" in event) this.#jobs.get(event.run)?.hear(event);
    });
  }

  write(words: string): void {
    this.words = words;
    keep("draft.run", words);
  }

  async refresh(): Promise<void> {
    try {
      this.list = await luna.call("runs.list", { limit: 100 });
      this.failure = undefined;
    } catch (thrown) {
      this.failure = Failure.of(thrown);
      if (this.failure.offline) live.lost();
    }
  }

  /** Turns the words into a plan and shows it. */
  async plan(): Promise<void> {
    const words = this.words.trim();
    if (words === "" || this.planning) return;
    this.planning = true;
    this.planFailure = undefined;
    keep("run.folder", this.folder.trim());
    try {
      const plan = await luna.call("runs.plan", {
        words,
        context: { os: null, current_dir: this.folder.trim() || null, project_type: null },
      });
      this.#jobs.set(plan.id, new Job({ plan, state: "planned", ended_at: null }));
      this.write("");
      router.go("run", plan.id);
      void this.refresh();
    } catch (thrown) {
      this.planFailure = Failure.of(thrown);
      if (this.planFailure.offline) live.lost();
    } finally {
      this.planning = false;
    }
  }

  /** The job of a run, asked for when it is not here yet. */
  async job(id: string): Promise<Job> {
    const known = this.#jobs.get(id);
    if (known) return known;
    const job = new Job(await luna.call("runs.get", { run: id }));
    this.#jobs.set(id, job);
    return job;
  }

  reject(job: Job): void {
    this.#jobs.delete(job.plan.id);
    toasts.show(t().run.rejected);
    this.write(job.plan.words);
    router.go("run");
  }

  /** The same steps as a new plan, to be approved once more. */
  async sameAgain(job: Job): Promise<void> {
    try {
      const plan = await luna.call("runs.again", { run: job.plan.id });
      this.#jobs.set(plan.id, new Job({ plan, state: "planned", ended_at: null }));
      router.go("run", plan.id);
      void this.refresh();
    } catch (thrown) {
      toasts.failed(thrown);
    }
  }

  /** Plans the same words once more. */
  again(words: string): void {
    this.write(words);
    router.go("run");
  }
}

export const runs = new Runs();
