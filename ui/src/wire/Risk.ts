/** How risky a command is. */
export type Risk = "safe" | "moderate" | "dangerous";
