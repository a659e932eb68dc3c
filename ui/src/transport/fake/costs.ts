// What models cost, of the core in memory.
import type { Costs, CostSum } from "@/wire";
import type { Part } from "./handlers";

const DAY = 86_400_000;

/** A month in which little was done at the weekends. */
function days(count: number): CostSum[] {
  return Array.from({ length: count }, (_, n) => {
    const at = new Date(Date.now() - n * DAY);
    const work = [0, 6].includes(at.getUTCDay()) ? 0.08 : 1;
    const cost = n === 0 ? 2.31 : work * (1.1 + Math.sin(n * 1.7) * 0.6 + (n % 9 === 4 ? 2.3 : 0));
    return { name: at.toISOString().slice(0, 10), cost, tokens: Math.round(cost * 118_000) };
  }).reverse();
}

export function costs(bare: boolean): Part<"costs"> {
  let budget = { daily: 5, monthly: 60, alerts: [50, 80, 95, 100] };
  const read = (span: number): Costs => {
    if (bare) return { today: 0, month: 0, days: [], providers: [], models: [], ...budget };
    const all = days(span);
    const total = all.reduce((sum, day) => sum + day.cost, 0);
    const share = (name: string, of: number): CostSum => ({ name, cost: total * of, tokens: Math.round(total * of * 118_000) });
    return {
      today: 2.31,
      month: 51.84,
      days: all,
      providers: [share("anthropic", 0.71), share("openai-compatible", 0.24), share("groq", 0.05), { name: "ollama", cost: 0, tokens: 1_204_000 }],
      models: [share("claude-sonnet-4-5", 0.71), share("gpt-4.1", 0.19), share("gpt-4.1-mini", 0.05), share("llama-3.3-70b-versatile", 0.05), { name: "qwen2.5:7b", cost: 0, tokens: 1_204_000 }],
      ...budget,
    };
  };
  return {
    "costs.read": ({ days: span }) => read(span),
    "costs.set_budget": ({ daily, monthly, alerts }) => {
      budget = { daily, monthly, alerts: alerts ?? budget.alerts };
      return read(30);
    },
  };
}
