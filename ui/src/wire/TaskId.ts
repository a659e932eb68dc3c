/** A background task. */
export type TaskId = string;
