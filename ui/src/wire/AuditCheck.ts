/** Whether the audit log's chain holds. */
export type AuditCheck = { ok: boolean; records: number; problem?: string | null };
