// What the Scheduler screen shows, and what it does.
import { t } from "@/i18n/index.svelte";
import { live } from "@/shell/live.svelte";
import { Resource } from "@/shell/resource.svelte";
import { toasts } from "@/shell/toasts.svelte";
import { luna } from "@/transport";
import type { BackgroundBudget, JobRun, JobView, NewJob } from "@/wire";

export const WHATS = ["prompt", "reminder", "command", "webhook", "backup"] as const;
export type What = (typeof WHATS)[number];

export class Schedule {
  jobs: Resource<JobView[]>;
  runs: Resource<JobRun[]>;
  budget: Resource<BackgroundBudget>;

  constructor() {
    this.jobs = new Resource(() => luna.call("schedule.jobs", {}));
    this.runs = new Resource(() => luna.call("schedule.runs", { job: null, limit: 200 }));
    this.budget = new Resource(() => luna.call("schedule.budget", {}));
    $effect(() => {
      void live.epoch;
      this.refresh();
    });
    $effect(() => live.listen((event) => event.type === "schedule_changed" && this.refresh()));
  }

  refresh(): void {
    void this.jobs.refresh();
    void this.runs.refresh();
    void this.budget.refresh();
  }

  nameOf(run: JobRun): string {
    return this.jobs.value?.find(({ job }) => job.id === run.job)?.job.name ?? "";
  }

  async #do(change: () => Promise<unknown>, said?: string): Promise<boolean> {
    try {
      await change();
      if (said !== undefined) toasts.show(said);
      this.refresh();
      return true;
    } catch (thrown) {
      toasts.failed(thrown);
      return false;
    }
  }

  add(job: NewJob): Promise<boolean> {
    return this.#do(() => luna.call("schedule.add", { job }), t().scheduler.added(job.name));
  }

  run({ job }: JobView): Promise<boolean> {
    return this.#do(() => luna.call("schedule.run", { job: job.id }), t().scheduler.begun(job.name));
  }

  enable({ job }: JobView, enabled: boolean): Promise<boolean> {
    return this.#do(() => luna.call("schedule.enable", { job: job.id, enabled }));
  }

  remove({ job }: JobView): Promise<boolean> {
    return this.#do(() => luna.call("schedule.delete", { job: job.id }), t().scheduler.removed(job.name));
  }

  allowMore(): Promise<boolean> {
    return this.#do(() => luna.call("schedule.allow_more", {}), t().scheduler.allowed);
  }
}
