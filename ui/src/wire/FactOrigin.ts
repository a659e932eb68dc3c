import type { ConversationId } from "./ConversationId";
import type { Fact } from "./Fact";
import type { MessageId } from "./MessageId";

/** Why a fact is remembered. */
export type FactOrigin = {
  text: string;
  conversation: ConversationId | null;
  message: MessageId | null;
  earlier: Fact[];
};
