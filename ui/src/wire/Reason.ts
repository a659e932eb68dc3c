import type { Risk } from "./Risk";

/** One thing that decided a verdict. */
export type Reason = { risk: Risk; blocks: boolean; words: string; why: string };
