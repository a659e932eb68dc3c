/** What a tool gave back. */
export type ToolResult = {
  call_id: string;
  name: string;
  content: string;
  is_error: boolean;
  from_outside: boolean;
};
