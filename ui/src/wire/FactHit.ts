import type { Fact } from "./Fact";

/** A fact found by search. */
export type FactHit = { fact: Fact; score: number };
