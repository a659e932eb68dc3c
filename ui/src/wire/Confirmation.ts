import type { Action } from "./Action";
import type { Risk } from "./Risk";
import type { Rule } from "./Rule";
import type { Timestamp } from "./Timestamp";

/** A question to the user: may this be done? */
export type Confirmation = {
  action: Action;
  summary: string;
  effect: string;
  why: string;
  risk: Risk | null;
  always: Rule | null;
  asked_at: Timestamp;
  expires_at: Timestamp;
};
