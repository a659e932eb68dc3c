import type { ActionId } from "./ActionId";
import type { Actor } from "./Actor";
import type { AuditPhase } from "./AuditPhase";
import type { Evidence } from "./Evidence";
import type { JsonValue } from "./JsonValue";
import type { Mode } from "./Mode";
import type { Timestamp } from "./Timestamp";
import type { TurnId } from "./TurnId";

/** One line of the audit log. */
export type AuditRecord = {
  seq: number;
  ts: Timestamp;
  action: ActionId;
  turn: TurnId;
  phase: AuditPhase;
  tool: string;
  input: JsonValue;
  actor: Actor;
  evidence: Evidence[];
  mode: Mode;
  result: string;
  summary: string;
  previous: string;
  hash: string;
};
