import type { JsonValue } from "./JsonValue";

/** A model asks for a tool. */
export type ToolCall = { id: string; name: string; input: JsonValue };
