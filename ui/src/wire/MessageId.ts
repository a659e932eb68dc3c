/** A message of a conversation. */
export type MessageId = string;
