import type { ActionId } from "./ActionId";
import type { AgentTask } from "./AgentTask";
import type { Confirmation } from "./Confirmation";
import type { ConversationId } from "./ConversationId";
import type { ErrorKind } from "./ErrorKind";
import type { JsonValue } from "./JsonValue";
import type { MessageId } from "./MessageId";
import type { OutputStream } from "./OutputStream";
import type { RunId } from "./RunId";
import type { RunState } from "./RunState";
import type { StepState } from "./StepState";
import type { ToolCall } from "./ToolCall";
import type { ToolResult } from "./ToolResult";
import type { TurnId } from "./TurnId";
import type { Usage } from "./Usage";

/** Something that happened. */
export type Event =
  | { type: "turn_started"; conversation: ConversationId; turn: TurnId; message: MessageId; model: string; provider: string }
  | { type: "token"; turn: TurnId; text: string }
  | { type: "thinking"; turn: TurnId; text: string }
  | { type: "tool_started"; turn: TurnId; action: ActionId; call: ToolCall }
  | { type: "tool_ended"; turn: TurnId; action: ActionId; result: ToolResult; duration_ms: number }
  | { type: "confirmation_asked"; confirmation: Confirmation }
  | { type: "confirmation_settled"; action: ActionId; outcome: string }
  | {
      type: "turn_ended";
      conversation: ConversationId;
      turn: TurnId;
      message: MessageId;
      usage: Usage | null;
      stopped: boolean;
    }
  | { type: "turn_failed"; conversation: ConversationId; turn: TurnId; kind: ErrorKind; message: string }
  | { type: "conversation_changed"; conversation: ConversationId; title: string | null }
  | {
      type: "step_changed";
      run: RunId;
      step: number;
      state: StepState;
      exit_code: number | null;
      duration_ms: number | null;
      error: string | null;
    }
  | { type: "step_output"; run: RunId; step: number; stream: OutputStream; data: string }
  | { type: "run_changed"; run: RunId; state: RunState }
  | { type: "memory_changed" }
  | { type: "task_changed"; task: AgentTask }
  | { type: "settings_changed"; names: string[] }
  | { type: "notice"; level: string; text: string; about: JsonValue | null };
