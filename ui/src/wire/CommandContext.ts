/** Where and how a command runs. */
export type CommandContext = { cwd: string | null; env: Record<string, string> };
