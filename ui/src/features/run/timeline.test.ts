import { expect, it } from "vitest";
import type { Step } from "@/wire";
import { timeline } from "./timeline";

function step(id: number, started_at: string | null, duration_ms: number): Step {
  return {
    id,
    description: `step ${id}`,
    command: "true",
    verdict: { risk: "safe", blocked: false, reasons: [], programs: [], opaque: false, reversible: true },
    state: started_at ? "completed" : "skipped",
    outcome: started_at ? { exit_code: 0, timed_out: false, cancelled: false, stdout: "", stderr: "", full_output: null, duration_ms } : null,
    started_at,
  };
}

it("puts the steps that ran one after the other, in the order they began", () => {
  const bars = timeline([step(1, "2026-03-01T10:00:00Z", 100), step(2, null, 0), step(3, "2026-03-01T09:00:00Z", 300)]);
  expect(bars.map(({ id, after, took, left, width }) => ({ id, after, took, left, width }))).toEqual([
    { id: 3, after: 0, took: 300, left: 0, width: 75 },
    { id: 1, after: 300, took: 100, left: 75, width: 25 },
  ]);
});

it("has no bars where nothing ran", () => {
  expect(timeline([step(1, null, 0)])).toEqual([]);
});
