import type { ConversationId } from "./ConversationId";
import type { Timestamp } from "./Timestamp";

/** A conversation, as listed. */
export type Conversation = {
  id: ConversationId;
  title: string;
  pinned: boolean;
  created_at: Timestamp;
  updated_at: Timestamp;
  message_count: number;
};
