/** Who said it. */
export type Role = "user" | "assistant";
