import type { JsonValue } from "./JsonValue";

/** What a rule fits. */
export type RuleMatch =
  | { kind: "any" }
  | { kind: "exactly"; input: JsonValue }
  | { kind: "command"; words: string[] };
