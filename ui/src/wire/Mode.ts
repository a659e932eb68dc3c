/** What may happen with a tool or a command. */
export type Mode = "allow" | "confirm" | "block";
