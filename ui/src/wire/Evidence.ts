import type { RuleId } from "./RuleId";

/** What led to an action. */
export type Evidence =
  | { kind: "said"; text: string }
  | { kind: "outside"; origin: string }
  | { kind: "rule"; rule: RuleId };
