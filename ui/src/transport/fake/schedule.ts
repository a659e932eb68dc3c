// Jobs and their runs, of the core in memory.
import type { BackgroundBudget, Job, JobRun, JobView, NewJob, RunCause, RunOutcome, UnderstoodTimes } from "@/wire";
import { Failure } from "../failure";
import type { Core } from "./core";
import { ago } from "./data";
import { found, type Part } from "./handlers";

const HOUR = 3_600_000;
const WEEKDAYS = [1, 2, 3, 4, 5];
const EVERY_DAY = [0, ...WEEKDAYS, 6];

/** The next three times it is this hour, on these days of the week. */
function ahead(hour: number, weekdays = WEEKDAYS): string[] {
  const times = Array.from({ length: 10 }, (_, days) => {
    const day = new Date();
    day.setDate(day.getDate() + days);
    day.setHours(hour, 0, 0, 0);
    return day;
  });
  return times.filter((day) => day.getTime() > Date.now() && weekdays.includes(day.getDay())).slice(0, 3).map((day) => day.toISOString());
}

const BUDGET: BackgroundBudget = { spent: { tokens: 12_400, micros: 31_000, took_ms: 95_000 }, tokens: 200_000, cents: 200, minutes: 120 };

function made(job: NewJob, said = "At 9:00 on weekdays", next = ahead(9)): JobView {
  const { name, description, times, missed, limits, max_retries } = job;
  const kept: Job = {
    id: crypto.randomUUID(),
    name,
    description,
    what: { handler: job.handler, payload: job.payload } as Job["what"],
    times,
    missed,
    limits,
    max_retries,
    enabled: true,
    own: false,
    state: "pending",
    retries: 0,
    next: next[0] ?? null,
    retry_at: null,
    last: null,
    created_at: ago(0),
  };
  return { job: kept, said, ahead: next };
}

function jobs(): JobView[] {
  const limits = { tokens: null, cents: null, minutes: null };
  const cron = (pattern: string) => ({ kind: "cron" as const, pattern, zone: "Europe/Berlin" });
  const base = { description: "", limits, missed: "run_once" as const, max_retries: 0 };
  const brief = made({ ...base, name: "Morning brief", handler: "brief", payload: {}, times: cron("0 8 * * *") }, "At 8:00 every day", ahead(8, EVERY_DAY));
  const mail = made({ ...base, name: "Unread mail", handler: "prompt", payload: { text: "Sum up my unread mail" }, times: cron("0 9 * * 1-5") });
  const backup = made({ ...base, name: "Nightly backup", handler: "backup", payload: {}, times: cron("0 3 * * *") }, "At 3:00 every day", ahead(3, EVERY_DAY));
  return [
    { ...mail, job: { ...mail.job, last: ago(3 * HOUR) } },
    { ...backup, job: { ...backup.job, state: "failed", last: ago(9 * HOUR) } },
    { ...brief, job: { ...brief.job, own: true, last: ago(4 * HOUR) } },
  ];
}

function run(job: string, hours: number, outcome: RunOutcome, cause: RunCause = "due", output = ""): JobRun {
  const at = ago(hours * HOUR);
  return { id: crypto.randomUUID(), job, due: at, cause, began_at: at, ended_at: at, took_ms: 1_900, outcome, output, conversation: null, tokens: outcome === "done" ? 640 : 0, micros: 0 };
}

function runs(all: JobView[]): JobRun[] {
  const [mail, backup, brief] = all.map(({ job }) => job.id);
  return [
    run(mail ?? "", 3, "done", "due", "Three new messages: the invoice, the venue, and Anna."),
    run(brief ?? "", 4, "done", "due", "Good morning, Ada. Today: Standup at 10:00."),
    run(backup ?? "", 9, "failed", "due", "the disk is full; free some space and try again"),
    run(mail ?? "", 27, "skipped", "due", "nobody was awake then"),
  ];
}

function understood(words: string): UnderstoodTimes {
  if (!/\d|every|tomorrow/.test(words)) throw new Failure("invalid", "Say it like “every weekday at 9”, or give a cron pattern.");
  return { times: { kind: "cron", pattern: "0 9 * * 1-5", zone: "Europe/Berlin" }, said: "At 9:00 on weekdays", ahead: ahead(9) };
}

export function schedule(core: Core): Part<"schedule"> {
  let all = core.bare ? [] : jobs();
  let jobRuns = core.bare ? [] : runs(all);
  return {
    "schedule.jobs": () => all,
    "schedule.add": ({ job }) => {
      const added = made(job);
      all = [added, ...all];
      core.publish({ type: "schedule_changed" });
      return added;
    },
    "schedule.update": ({ job }) => found(all.find((one) => one.job.id === job), "job"),
    "schedule.enable": ({ job, enabled }) => {
      all = all.map((one) => (one.job.id === job ? { ...one, job: { ...one.job, enabled, state: enabled ? "pending" : "cancelled" } } : one));
      return found(all.find((one) => one.job.id === job), "job");
    },
    "schedule.run": ({ job }) => {
      const begun = run(job, 0, "done", "asked");
      jobRuns = [begun, ...jobRuns];
      core.publish({ type: "schedule_changed" });
      return begun;
    },
    "schedule.run_and_wait": ({ job }) => run(job, 0, "done", "asked"),
    "schedule.delete": ({ job }) => {
      all = all.filter((one) => one.job.id !== job);
      return {};
    },
    "schedule.runs": ({ job }) => jobRuns.filter((run) => job === null || run.job === job),
    "schedule.understand": ({ words }) => understood(words),
    "schedule.budget": () => BUDGET,
    "schedule.allow_more": () => BUDGET,
  };
}
