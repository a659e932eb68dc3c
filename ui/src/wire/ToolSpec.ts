import type { JsonValue } from "./JsonValue";

/** What a model is told of a tool. */
export type ToolSpec = { name: string; description: string; input_schema: JsonValue };
