/** A run of a plan. */
export type RunId = string;
