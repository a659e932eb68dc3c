// A piece of work of one agent or of several in a row, as the window sees it. Pure.
import type { AgentView, AgentWants, Event, Usage, WorkStep } from "@/wire";

export type StepState = "waiting" | "running" | "done" | "failed" | "stopped";

export interface Step {
  agent: string;
  state: StepState;
  text: string;
  model: string;
  provider: string;
  usage: Usage | undefined;
  /** US dollars; null when the model has no price. */
  cost: number | null;
  ms: number;
  failure: string;
}

export const MOST_STEPS = 5;

/** The steps before anything happened. */
export function waiting(steps: WorkStep[]): Step[] {
  return steps.map(({ agent }) => ({ agent, state: "waiting", text: "", model: "", provider: "", usage: undefined, cost: null, ms: 0, failure: "" }));
}

/** The steps after some events. */
export function advance(steps: Step[], events: Event[]): Step[] {
  const next = [...steps];
  const change = (step: number, patch: (before: Step) => Partial<Step>): void => {
    const before = next[step - 1];
    if (before) next[step - 1] = { ...before, ...patch(before) };
  };
  for (const event of events) {
    if (event.type === "work_started") change(event.step, () => ({ state: "running", model: event.model, provider: event.provider }));
    else if (event.type === "work_text") change(event.step, (before) => ({ text: before.text + event.text }));
    else if (event.type === "work_done") change(event.step, () => ({ state: "done", usage: event.usage, cost: event.cost, ms: event.duration_ms }));
    else if (event.type === "work_failed") change(event.step, () => ({ state: "failed", failure: event.message }));
  }
  return next;
}

/** The steps after the work was stopped, or broke off for another reason. */
export function brokenOff(steps: Step[], failure = ""): Step[] {
  return steps.map((step) => (step.state === "done" || step.state === "failed" ? step : { ...step, state: failure === "" ? "stopped" : "failed", failure }));
}

export interface Totals {
  tokens: number;
  cost: number;
  ms: number;
}

export function totals(steps: Step[]): Totals {
  const none = { tokens: 0, cost: 0, ms: 0 };
  return steps.reduce(
    (sum, { usage, cost, ms }) => ({ tokens: sum.tokens + (usage ? usage.input_tokens + usage.output_tokens : 0), cost: sum.cost + (cost ?? 0), ms: sum.ms + ms }),
    none,
  );
}

/** What was filled in, as the text that an agent gets: under headings where there are several. */
export function contextOf(inputs: AgentWants[], values: Record<string, string>): string {
  const given = inputs.flatMap(({ name }) => {
    const text = values[name]?.trim() ?? "";
    return text === "" ? [] : [{ name, text }];
  });
  if (given.length === 1) return given[0]?.text ?? "";
  return given.map(({ name, text }) => `## ${name}\n${text}`).join("\n\n");
}

/** Whether everything that is needed is filled in. */
export function complete(inputs: AgentWants[], values: Record<string, string>): boolean {
  return inputs.every(({ name, required }) => !required || (values[name]?.trim() ?? "") !== "");
}

/** The agents that fit some words, by category, each in its order. */
export function byCategory(agents: AgentView[], words: string): [category: string, agents: AgentView[]][] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, AgentView[]>();
  for (const agent of agents) {
    const text = `${agent.name} ${agent.role} ${agent.slug} ${agent.category}`.toLowerCase();
    if (wanted.every((word) => text.includes(word))) groups.set(agent.category, [...(groups.get(agent.category) ?? []), agent]);
  }
  // What everybody may have comes first.
  return [...groups].sort(([a, first], [b, second]) => Number(first[0]?.pro ?? true) - Number(second[0]?.pro ?? true) || a.localeCompare(b));
}

/** A list with one of its items moved by one place. */
export function moved<Item>(items: Item[], from: number, by: 1 | -1): Item[] {
  const to = from + by;
  const [one, other] = [items[from], items[to]];
  if (one === undefined || other === undefined) return items;
  return items.map((item, index) => (index === from ? other : index === to ? one : item));
}
