/** An answer to a confirmation. */
export type Answer = "once" | "always" | "no";
