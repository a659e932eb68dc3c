import type { ActionId } from "./ActionId";
import type { Actor } from "./Actor";
import type { Evidence } from "./Evidence";
import type { JsonValue } from "./JsonValue";
import type { TurnId } from "./TurnId";

/** Something to be done to the world. */
export type Action = {
  id: ActionId;
  turn: TurnId;
  tool: string;
  input: JsonValue;
  actor: Actor;
  evidence: Evidence[];
  reversible: boolean;
};
