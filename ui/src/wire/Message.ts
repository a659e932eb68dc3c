import type { ConversationId } from "./ConversationId";
import type { Image } from "./Image";
import type { MessageId } from "./MessageId";
import type { MessageState } from "./MessageState";
import type { Role } from "./Role";
import type { Timestamp } from "./Timestamp";
import type { ToolUse } from "./ToolUse";
import type { TurnId } from "./TurnId";

/** One message. */
export type Message = {
  id: MessageId;
  conversation: ConversationId;
  turn: TurnId;
  role: Role;
  content: string;
  images: Image[];
  tools: ToolUse[];
  model: string | null;
  state: MessageState;
  created_at: Timestamp;
};
