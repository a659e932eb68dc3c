// What was spent, as charts want it.
import type { CostSum } from "@/wire";

/** Every day of a span up to today (UTC), oldest first; on most days nothing is spent. */
export function everyDay(spent: CostSum[], days: number, today: Date): CostSum[] {
  const known = new Map(spent.map((sum) => [sum.name, sum]));
  return Array.from({ length: days }, (_, n) => {
    const name = new Date(today.getTime() - (days - 1 - n) * 86_400_000).toISOString().slice(0, 10);
    return known.get(name) ?? { name, cost: 0, tokens: 0 };
  });
}

/** A round number that is at least this: 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((one) => one * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}

export type Level = "fine" | "near" | "over";

/** How full a budget is; `near` from the first share at which it is said. */
export function level(spent: number, limit: number, alerts: number[]): Level {
  if (limit <= 0) return "fine";
  const percent = (spent / limit) * 100;
  if (percent >= 100) return "over";
  return alerts.some((alert) => alert < 100 && alert >= 75 && percent >= alert) ? "near" : "fine";
}

/** Per cents as somebody types them: "50, 80 95%"; nothing when one of them is none. */
export function percents(text: string): number[] | undefined {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  const numbers = words.map((word) => Number(word.replace(/%$/, "")));
  if (numbers.some((number) => !(number > 0 && number <= 100))) return undefined;
  return [...new Set(numbers)].sort((a, b) => a - b);
}
