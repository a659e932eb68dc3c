/** Which of its two terminals a command wrote to. */
export type OutputStream = "stdout" | "stderr";
