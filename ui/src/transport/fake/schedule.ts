// Jobs, runs and people on channels of the core in memory.
import type { BackgroundBudget, Job, JobRun, JobView, NewJob, RunCause, RunOutcome, Sender, UnderstoodTimes } from "@/wire";
import { Failure } from "../failure";
import { ago } from "./data";

const HOUR = 3_600_000;
const ahead = (hours: number[]): string[] => hours.map((hour) => new Date(Date.now() + hour * HOUR).toISOString());

export const BUDGET: BackgroundBudget = { spent: { tokens: 12_400, micros: 31_000, took_ms: 95_000 }, tokens: 200_000, cents: 200, minutes: 120 };

export function made(job: NewJob): JobView {
  const next = ahead([2, 26, 50]);
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
  return { job: kept, said: "At 9:00 on weekdays", ahead: next };
}

export function jobs(): JobView[] {
  const limits = { tokens: null, cents: null, minutes: null };
  const cron = (pattern: string) => ({ kind: "cron" as const, pattern, zone: "Europe/Berlin" });
  const base = { description: "", limits, missed: "run_once" as const, max_retries: 0 };
  const brief = made({ ...base, name: "Morning brief", handler: "brief", payload: {}, times: cron("0 8 * * *") });
  const mail = made({ ...base, name: "Unread mail", handler: "prompt", payload: { text: "Sum up my unread mail" }, times: cron("0 9 * * 1-5") });
  const backup = made({ ...base, name: "Nightly backup", handler: "backup", payload: {}, times: cron("0 3 * * *") });
  return [
    { ...mail, job: { ...mail.job, last: ago(3 * HOUR) } },
    { ...backup, job: { ...backup.job, state: "failed", last: ago(9 * HOUR) } },
    { ...brief, job: { ...brief.job, own: true, last: ago(4 * HOUR) } },
  ];
}

export function run(job: string, hours: number, outcome: RunOutcome, cause: RunCause = "due", output = ""): JobRun {
  const at = ago(hours * HOUR);
  return { id: crypto.randomUUID(), job, due: at, cause, began_at: at, ended_at: at, took_ms: 1_900, outcome, output, conversation: null, tokens: outcome === "done" ? 640 : 0, micros: 0 };
}

export function runs(all: JobView[]): JobRun[] {
  const [mail, backup, brief] = all.map(({ job }) => job.id);
  return [
    run(mail ?? "", 3, "done", "due", "Three new messages: the invoice, the venue, and Anna."),
    run(brief ?? "", 4, "done", "due", "Good morning, Ada. Today: Standup at 10:00."),
    run(backup ?? "", 9, "failed", "due", "the disk is full; free some space and try again"),
    run(mail ?? "", 27, "skipped", "due", "nobody was awake then"),
  ];
}

export function understood(words: string): UnderstoodTimes {
  if (!/\d|every|tomorrow/.test(words)) throw new Failure("invalid", "Say it like “every weekday at 9”, or give a cron pattern.");
  return { times: { kind: "cron", pattern: "0 9 * * 1-5", zone: "Europe/Berlin" }, said: "At 9:00 on weekdays", ahead: ahead([2, 26, 50]) };
}

export function senders(): Sender[] {
  const base = { code: null, code_until: null, conversation: null, created_at: ago(50 * HOUR) };
  return [
    { ...base, channel: "telegram", id: "4711", name: "Anna", standing: "waiting", place: "4711", last_at: ago(60_000) },
    { ...base, channel: "slack", id: "T1/U7", name: "Ada", standing: "owner", place: "C1", last_at: ago(2 * HOUR) },
    { ...base, channel: "webhook", id: "door", name: "Door bell", standing: "guest", place: "door", last_at: ago(30 * HOUR) },
  ];
}
