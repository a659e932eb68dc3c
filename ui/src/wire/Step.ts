import type { CommandOutcome } from "./CommandOutcome";
import type { StepState } from "./StepState";
import type { Timestamp } from "./Timestamp";
import type { Verdict } from "./Verdict";

/** One step of a plan. */
export type Step = {
  id: number;
  description: string;
  command: string;
  verdict: Verdict;
  state: StepState;
  outcome: CommandOutcome | null;
  started_at: Timestamp | null;
};
