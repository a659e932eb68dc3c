/** How a command ended. */
export type CommandOutcome = {
  exit_code: number | null;
  timed_out: boolean;
  cancelled: boolean;
  stdout: string;
  stderr: string;
  full_output: string | null;
  duration_ms: number;
};
