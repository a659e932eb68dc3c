import type { Timestamp } from "./Timestamp";

/** One step of a task. */
export type TaskStep = { title: string; result: string | null; done_at: Timestamp | null };
