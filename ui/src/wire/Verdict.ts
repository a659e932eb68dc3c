import type { Reason } from "./Reason";
import type { Risk } from "./Risk";

/** The judgement of a command. */
export type Verdict = {
  risk: Risk;
  blocked: boolean;
  reasons: Reason[];
  programs: string[][];
  opaque: boolean;
  reversible: boolean;
};
