import type { Mode } from "./Mode";
import type { RuleId } from "./RuleId";
import type { RuleMatch } from "./RuleMatch";
import type { Timestamp } from "./Timestamp";

/** A permission rule. */
export type Rule = {
  id: RuleId;
  tool: string;
  matches: RuleMatch;
  mode: Mode;
  created_at: Timestamp;
};
