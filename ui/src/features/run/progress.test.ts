import { describe, expect, it } from "vitest";
import type { Event, Run, Step, Verdict } from "@/wire";
import { apply, closed, drafts, edited, joined, judged, progressOf, runnable } from "./progress";

const safe: Verdict = { risk: "safe", blocked: false, reasons: [], programs: [["ls"]], opaque: false, reversible: true };
const dangerous: Verdict = { ...safe, risk: "dangerous" };
const blocked: Verdict = { ...dangerous, blocked: true };

function step(id: number, verdict: Verdict = safe): Step {
  return { id, description: `step ${id}`, command: `cmd ${id}`, verdict, state: "pending", outcome: null, started_at: null };
}
function run(steps: Step[]): Run {
  return {
    plan: {
      id: "r",
      words: "do it",
      steps,
      requires_confirmation: false,
      estimated_time: null,
      context: { cwd: null, env: {} },
      planner: "builtin",
      created_at: "2026-11-22T09:00:00Z",
    },
    state: "planned",
    ended_at: null,
  };
}
const output = (data: string, id = 1, stream: "stdout" | "stderr" = "stdout"): Event => ({ type: "step_output", run: "r", step: id, stream, data });
const changed = (id: number, state: "running" | "completed"): Event => ({
  type: "step_changed",
  run: "r",
  step: id,
  state,
  exit_code: state === "completed" ? 0 : null,
  duration_ms: state === "completed" ? 5 : null,
  error: null,
});

describe("a run", () => {
  it("follows its steps", () => {
    const progress = apply(progressOf(run([step(1), step(2)])), [
      { type: "run_changed", run: "r", state: "running" },
      changed(1, "running"),
      output("a"),
      changed(1, "completed"),
      changed(2, "running"),
    ]);
    expect(progress.state).toBe("running");
    expect(progress.steps[1]).toMatchObject({ state: "completed", exitCode: 0, durationMs: 5 });
    expect(progress.steps[2]).toMatchObject({ state: "running" });
  });

  it("leaves other runs alone", () => {
    const before = progressOf(run([step(1)]));
    expect(apply(before, [{ type: "run_changed", run: "other", state: "failed" }, { type: "memory_changed" }])).toBe(before);
  });

  it("keeps the newest output when there is too much, and says how much went", () => {
    let progress = progressOf(run([step(1)]));
    for (let n = 0; n < 5; n += 1) progress = apply(progress, [output(String(n).repeat(300_000))]);
    const kept = progress.steps[1];
    expect(kept?.dropped).toBe(2);
    expect(kept?.output.map((chunk) => chunk.data[0])).toEqual(["2", "3", "4"]);
  });

  it("joins output of one stream, and only of one", () => {
    expect(joined([output("a"), output("b"), output("c", 1, "stderr"), output("d", 2)])).toEqual([
      output("ab"),
      output("c", 1, "stderr"),
      output("d", 2),
    ]);
  });

  it("shows what a stored step wrote", () => {
    const stored = step(1);
    stored.state = "failed";
    stored.outcome = { exit_code: 2, timed_out: false, cancelled: false, stdout: "out", stderr: "err", full_output: null, duration_ms: 9 };
    expect(progressOf(run([stored])).steps[1]).toMatchObject({
      state: "failed",
      exitCode: 2,
      output: [
        { stream: "stdout", data: "out" },
        { stream: "stderr", data: "err" },
      ],
    });
  });

  it("is stopped when its stream breaks off", () => {
    const running = apply(progressOf(run([step(1)])), [{ type: "run_changed", run: "r", state: "running" }]);
    expect(closed(running).state).toBe("cancelled");
    expect(closed(apply(running, [{ type: "run_changed", run: "r", state: "completed" }])).state).toBe("completed");
  });
});

describe("a draft of a plan", () => {
  it("chooses all but dangerous and blocked steps", () => {
    expect(drafts([step(1), step(2, dangerous), step(3, blocked)]).map((draft) => draft.chosen)).toEqual([true, false, false]);
  });

  it("cannot run a changed step before it is judged again", () => {
    const [draft] = drafts([step(1)]);
    if (!draft) throw new Error("no draft");
    const changedDraft = edited(draft, "rm -r photos");
    expect(runnable(draft)).toBe(true);
    expect(runnable(changedDraft)).toBe(false);
    expect(runnable(judged(changedDraft, "rm -r photos", safe))).toBe(true);
  });

  it("ignores a verdict on text that changed meanwhile", () => {
    const [draft] = drafts([step(1)]);
    if (!draft) throw new Error("no draft");
    const typing = edited(draft, "rm -rf /");
    expect(judged(typing, "rm -rf", safe)).toBe(typing);
  });

  it("takes the choice away from a step that became dangerous, and never lets a blocked one run", () => {
    const [draft] = drafts([step(1)]);
    if (!draft) throw new Error("no draft");
    expect(judged(edited(draft, "x"), "x", dangerous)).toMatchObject({ chosen: false });
    const stopped = judged(edited(draft, "x"), "x", blocked);
    expect(stopped.chosen).toBe(false);
    expect(runnable(stopped)).toBe(false);
  });
});
