/** How an answer will be used. */
export type ChatMode = "chat" | "voice";
