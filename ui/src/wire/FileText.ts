/** A file of the workspace with its text. */
export type FileText = { path: string; content: string };
