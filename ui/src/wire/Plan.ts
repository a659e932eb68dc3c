import type { CommandContext } from "./CommandContext";
import type { RunId } from "./RunId";
import type { Step } from "./Step";
import type { Timestamp } from "./Timestamp";

/** What the words became. */
export type Plan = {
  id: RunId;
  words: string;
  steps: Step[];
  requires_confirmation: boolean;
  estimated_time: string | null;
  context: CommandContext;
  planner: string;
  created_at: Timestamp;
};
