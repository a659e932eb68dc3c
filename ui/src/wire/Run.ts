import type { Plan } from "./Plan";
import type { RunState } from "./RunState";
import type { Timestamp } from "./Timestamp";

/** A plan with how far it got. */
export type Run = { plan: Plan; state: RunState; ended_at: Timestamp | null };
