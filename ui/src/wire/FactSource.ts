import type { ConversationId } from "./ConversationId";
import type { MessageId } from "./MessageId";

/** Where a fact came from. */
export type FactSource =
  | { kind: "stated" }
  | { kind: "asked"; conversation: ConversationId; message: MessageId }
  | { kind: "learnt"; conversation: ConversationId; message: MessageId };
