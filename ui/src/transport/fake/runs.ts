// Plans and their runs: made of words, judged, run step by step, and run again.
import type { Event, Plan, Run } from "@/wire";
import type { Streams } from "../commands";
import { id, now, type Core } from "./core";
import { found, pause, type Part } from "./handlers";
import { judge } from "./judge";

export function runs(core: Core): Part<"runs"> {
  return {
    "runs.plan": async ({ words, context }) => {
      await pause(300);
      const plan = planOf(words, context.current_dir);
      core.runs = [{ plan, state: "planned", ended_at: null }, ...core.runs];
      return plan;
    },
    "runs.judge": ({ command }) => judge(command),
    "runs.rehearse": ({ command }) => {
      const verdict = judge(command);
      const file = /^(?:rm|mv|cp|mkdir|touch)\b.* (\S+)$/.exec(command)?.[1];
      return { verdict, files: file ? [`/home/ada/${file}`] : [], undoable: verdict.reversible };
    },
    "runs.again": ({ run }) => {
      const { plan } = found(core.runs.find((one) => one.plan.id === run), "run");
      const steps = plan.steps.map((step) => ({ ...step, state: "pending" as const, outcome: null, started_at: null }));
      const again = { ...plan, id: id(), steps, created_at: now() };
      core.runs = [{ plan: again, state: "planned", ended_at: null }, ...core.runs];
      return again;
    },
    "runs.input": ({ run, data: typed }) => {
      core.inputs.get(run)?.(typed);
      return {};
    },
    "runs.cancel": ({ run }) => {
      core.stopped.add(run);
      return {};
    },
    "runs.list": ({ limit }) => core.runs.slice(0, limit),
    "runs.get": ({ run }) => found(core.runs.find((one) => one.plan.id === run), "run"),
  };
}

/** Runs the approved steps of a plan, one after the other. */
export async function* start(core: Core, { plan: plan_id, steps }: Streams["runs.start"]): AsyncGenerator<Event> {
  const run = found(core.runs.find((one) => one.plan.id === plan_id), "plan");
  const set = (changed: Run): void => {
    core.runs = core.runs.map((one) => (one.plan.id === plan_id ? changed : one));
  };
  const turn = id();
  let current: Run = { ...run, state: "running" };
  set(current);
  yield { type: "run_changed", run: plan_id, state: "running" };
  for (const step of current.plan.steps) {
    const approved = steps.find((one) => one.id === step.id);
    const at = now();
    const report = (state: "running" | "completed" | "failed" | "skipped", exit_code: number | null, ms: number | null): Event => ({
      type: "step_changed",
      run: plan_id,
      step: step.id,
      state,
      exit_code,
      duration_ms: ms,
      error: null,
    });
    let stdout = "";
    let done: Run["plan"]["steps"][number];
    if (approved && !core.stopped.has(plan_id)) {
      yield report("running", null, null);
      for (const line of outputOf(approved.command)) {
        if (core.stopped.has(plan_id)) break;
        await pause(core.speed * 6);
        stdout += line;
        yield { type: "step_output", run: plan_id, step: step.id, stream: "stdout", data: line };
      }
      if (approved.command.startsWith("read ")) {
        const typed = await new Promise<string>((resolve) => core.inputs.set(plan_id, resolve));
        stdout += typed;
        yield { type: "step_output", run: plan_id, step: step.id, stream: "stdout", data: `${typed}\r\n` };
      }
      yield report("completed", 0, 42);
      done = {
        ...step,
        command: approved.command,
        state: "completed",
        started_at: at,
        outcome: { exit_code: 0, timed_out: false, cancelled: false, stdout, stderr: "", full_output: null, duration_ms: 42 },
      };
      if (/^(mkdir|touch|mv|rm)/.test(approved.command)) {
        const entry = { action: id(), turn, tool: "run_command", summary: approved.command, at, undone: false };
        core.undoables = [{ ...entry, files: [approved.command.split(" ").at(-1) ?? ""] }, ...core.undoables];
        core.audit.unshift({
          ...entry,
          seq: core.audit.length,
          ts: at,
          phase: "after",
          input: { command: approved.command },
          actor: { kind: "run", run: plan_id },
          evidence: [],
          mode: "allow",
          result: "ok",
          previous: "",
          hash: "",
        });
      }
    } else if (step.state === "pending") {
      yield report("skipped", null, null);
      done = { ...step, state: "skipped" };
    } else {
      done = step;
    }
    current = { ...current, plan: { ...current.plan, steps: current.plan.steps.map((one) => (one.id === step.id ? done : one)) } };
    set(current);
  }
  const state = core.stopped.has(plan_id) ? "cancelled" : "completed";
  set({ ...current, state, ended_at: now() });
  yield { type: "run_changed", run: plan_id, state };
}

export function planOf(words: string, cwd: string | null): Plan {
  const commands = words
    .split(/\b(?:and|then)\b|,/i)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part): [string, string] => {
      const folder = /(?:folder|directory)(?: called| named)? ["']?([\w-]+)/i.exec(part);
      if (/delete|remove/i.test(part)) return [`Delete ${folder?.[1] ?? "it"}`, `rm -r ${folder?.[1] ?? "old"}`];
      if (folder?.[1]) return [`Create the folder ${folder[1]}`, `mkdir -p ${folder[1]}`];
      if (/ask/i.test(part)) return ["Ask a question", "read -p 'Name: ' name"];
      if (/wipe/i.test(part)) return ["Wipe everything", "rm -rf /"];
      if (/disk|full/i.test(part)) return ["Show free space on every disk", "df -h"];
      return ["List what is here", "ls -la"];
    });
  const steps = commands.map(([description, command], index) => ({
    id: index + 1,
    description,
    command,
    verdict: judge(command),
    state: "pending" as const,
    outcome: null,
    started_at: null,
  }));
  return {
    id: id(),
    words,
    steps,
    requires_confirmation: steps.some((step) => step.verdict.risk !== "safe"),
    estimated_time: "a few seconds",
    context: { cwd: cwd ?? "/home/ada", env: {} },
    planner: "builtin",
    created_at: now(),
  };
}

function outputOf(command: string): string[] {
  if (command.startsWith("ls")) {
    return ["total 12\r\n", "drwxr-xr-x 2 ada ada 4096 \x1b[34mnotes\x1b[0m\r\n", "drwxr-xr-x 2 ada ada 4096 \x1b[34mphotos\x1b[0m\r\n", "-rw-r--r-- 1 ada ada   26 readme.md\r\n"];
  }
  if (command.startsWith("df")) return ["Filesystem      Size  Used Avail Use% Mounted on\r\n", "/dev/nvme0n1p2  238G  219G   19G  92% /\r\n"];
  if (command.startsWith("read")) return ["Name: "];
  return [];
}
