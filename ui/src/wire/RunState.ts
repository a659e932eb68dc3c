/** How a run stands. */
export type RunState = "planned" | "running" | "completed" | "partial" | "failed" | "cancelled";
