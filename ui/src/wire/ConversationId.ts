/** A conversation. */
export type ConversationId = string;
