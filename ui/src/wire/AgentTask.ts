import type { ConversationId } from "./ConversationId";
import type { TaskId } from "./TaskId";
import type { TaskState } from "./TaskState";
import type { TaskStep } from "./TaskStep";
import type { Timestamp } from "./Timestamp";

/** A background task. */
export type AgentTask = {
  id: TaskId;
  title: string;
  description: string;
  state: TaskState;
  steps: TaskStep[];
  conversation: ConversationId | null;
  error: string | null;
  created_at: Timestamp;
  updated_at: Timestamp;
};
