/** A permission rule. */
export type RuleId = string;
