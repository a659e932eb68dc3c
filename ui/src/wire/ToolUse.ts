import type { ActionId } from "./ActionId";
import type { ToolCall } from "./ToolCall";
import type { ToolResult } from "./ToolResult";

/** A tool call of a message, with its result once there is one. */
export type ToolUse = {
  call: ToolCall;
  action: ActionId | null;
  result: ToolResult | null;
  duration_ms: number;
};
