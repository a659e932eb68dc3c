/** How a task stands. */
export type TaskState = "queued" | "in_progress" | "waiting" | "completed" | "failed" | "cancelled";
