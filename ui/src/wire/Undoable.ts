import type { ActionId } from "./ActionId";
import type { Timestamp } from "./Timestamp";
import type { TurnId } from "./TurnId";

/** A deed whose file changes were kept. */
export type Undoable = {
  action: ActionId;
  turn: TurnId;
  tool: string;
  summary: string;
  at: Timestamp;
  files: string[];
  undone: boolean;
};
