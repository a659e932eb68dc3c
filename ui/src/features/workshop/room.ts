// A review as the war room shows it. Pure.
import type { Reviewed, ReviewSide } from "@/wire";

/** What somebody said in a review, a line each. */
export interface Heard {
  by: ReviewSide;
  said: string[];
}

const ORDER: ReviewSide[] = ["rules", "challenger", "defender", "challenger", "defender", "judge"];

/** Whose turn it is after what was heard; nobody's after the judge. */
export function speaking(heard: Heard[]): ReviewSide | undefined {
  return ORDER[heard.length];
}

const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** The severity of this name; what is unknown is of the mildest. */
export function severityOf(name: string): Severity {
  return SEVERITIES.find((one) => one === name) ?? "info";
}

/** The lines that a place names: "line 3", "lines 3-5", "3–5"; none when it says it in other words. */
export function linesOf(location: string): number[] {
  const [, from, to] = /(?:lines?\s+|^\s*)(\d+)(?:\s*[-–]\s*(\d+))?/i.exec(location) ?? [];
  if (from === undefined) return [];
  const first = Number(from);
  const last = Math.max(first, Number(to ?? from));
  return Array.from({ length: Math.min(last - first + 1, 500) }, (_, n) => first + n);
}

/** The lines of the code where something is wrong, each with the worst of it. */
export function marked(review: Reviewed): Map<number, Severity> {
  const marks = new Map<number, Severity>();
  const mark = (line: number, name: string): void => {
    const severity = severityOf(name);
    const before = marks.get(line);
    if (before === undefined || SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(before)) marks.set(line, severity);
  };
  for (const { line, severity } of review.findings) mark(line, severity);
  for (const { location, severity } of review.issues) for (const line of linesOf(location)) mark(line, severity);
  return marks;
}
