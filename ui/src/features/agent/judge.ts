// What would happen to a command: the verdict on it, the rules and the mode of run_command put together, as the gate does.
// The gate itself decides; this foretells it for the tester on the Rules page.
import type { Mode, Rule, Verdict } from "@/wire";

export interface Forecast {
  mode: Mode;
  by: "judge" | "rule" | "tool";
  rule?: Rule;
}

const STRICTNESS: Record<Mode, number> = { allow: 0, confirm: 1, block: 2 };

/** A block of the judge first; then the strictest rule that fits; then the tool's own mode. */
export function forecast(verdict: Verdict, rules: readonly Rule[], tool: Mode): Forecast {
  if (verdict.blocked) return { mode: "block", by: "judge" };
  const fitting = rules
    .filter((rule) => rule.tool === "run_command" && fits(rule, verdict))
    .sort((a, b) => STRICTNESS[b.mode] - STRICTNESS[a.mode]);
  const [rule] = fitting;
  if (rule) return { mode: rule.mode, by: "rule", rule };
  if (tool === "confirm" && verdict.risk === "safe") return { mode: "allow", by: "judge" };
  return { mode: tool, by: "tool" };
}

/** A command rule fits when every program in the command begins with its words; one that cannot be resolved fits none. */
function fits(rule: Rule, verdict: Verdict): boolean {
  if (rule.matches.kind === "any") return true;
  if (rule.matches.kind !== "command" || verdict.opaque || verdict.programs.length === 0) return false;
  const { words } = rule.matches;
  return verdict.programs.every((program) => words.every((word, at) => program[at] === word));
}
