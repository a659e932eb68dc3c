import type { ConversationId } from "./ConversationId";
import type { RunId } from "./RunId";
import type { TaskId } from "./TaskId";

/** On whose behalf something is done. */
export type Actor =
  | { kind: "user" }
  | { kind: "model"; conversation: ConversationId }
  | { kind: "task"; task: TaskId }
  | { kind: "run"; run: RunId };
