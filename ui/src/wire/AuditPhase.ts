/** Before or after the deed. */
export type AuditPhase = "before" | "after";
