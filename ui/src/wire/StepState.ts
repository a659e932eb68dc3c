/** Where a step is. */
export type StepState = "pending" | "running" | "completed" | "failed" | "skipped";
