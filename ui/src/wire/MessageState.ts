/** How a message of Luna's ended. */
export type MessageState = "complete" | "stopped" | "failed";
