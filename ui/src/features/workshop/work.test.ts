import { describe, expect, it } from "vitest";
import type { AgentView, Event } from "@/wire";
import { advance, brokenOff, byCategory, complete, contextOf, moved, totals, waiting } from "./work";

const steps = waiting([
  { agent: "code-review", asks: null },
  { agent: "documentation", asks: null },
]);
const first: Event[] = [
  { type: "work_started", step: 1, agent: "code-review", model: "m", provider: "groq" },
  { type: "work_text", step: 1, text: "Do not " },
  { type: "work_text", step: 1, text: "merge." },
];
const done: Event = { type: "work_done", step: 1, usage: { input_tokens: 10, output_tokens: 5 }, cost: 0.25, duration_ms: 900 };

describe("a piece of work", () => {
  it("gathers what a step writes, and what it took", () => {
    const running = advance(steps, first);
    expect(running.map((step) => step.state)).toEqual(["running", "waiting"]);
    expect(running[0]).toMatchObject({ text: "Do not merge.", model: "m" });
    expect(steps[0]?.text).toBe("");
    const over = advance(running, [done]);
    expect(over[0]).toMatchObject({ state: "done", cost: 0.25 });
    expect(totals(over)).toEqual({ tokens: 15, cost: 0.25, ms: 900 });
  });

  it("ends with the step that failed; the others are told apart from it", () => {
    const failed = advance(steps, [...first, { type: "work_failed", step: 1, kind: "unavailable", message: "gone" }]);
    expect(failed[0]).toMatchObject({ state: "failed", failure: "gone", text: "Do not merge." });
    expect(brokenOff(failed).map((step) => step.state)).toEqual(["failed", "stopped"]);
    expect(brokenOff(advance(steps, [...first, done]), "cut").map((step) => step.state)).toEqual(["done", "failed"]);
  });

  it("ignores steps that there are not", () => {
    expect(advance(steps, [{ type: "work_text", step: 9, text: "?" }])).toEqual(steps);
  });
});

describe("what an agent is given", () => {
  const inputs = [
    { name: "code", what: "", required: true },
    { name: "intent", what: "", required: false },
  ];

  it("is the text alone, or stands under headings", () => {
    expect(contextOf(inputs, { code: " x = 1 " })).toBe("x = 1");
    expect(contextOf(inputs, { code: "x = 1", intent: "count" })).toBe("## code\nx = 1\n\n## intent\ncount");
  });

  it("is complete when what is needed is there", () => {
    expect(complete(inputs, { intent: "count" })).toBe(false);
    expect(complete(inputs, { code: "x" })).toBe(true);
  });
});

it("finds agents by words, those for everybody first", () => {
  const agent = (slug: string, category: string, pro: boolean): AgentView => ({ slug, name: slug, role: "", category, pro, summary: "", inputs: [], tools: [], format: "markdown", sections: [], example: null });
  const all = [agent("auth", "solution", true), agent("code-review", "core", false), agent("post-launch-review", "quality", true)];
  expect(byCategory(all, "").map(([category]) => category)).toEqual(["core", "quality", "solution"]);
  expect(byCategory(all, "review post").flatMap(([, agents]) => agents.map(({ slug }) => slug))).toEqual(["post-launch-review"]);
});

it("moves a step, but not out of the list", () => {
  expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
});
