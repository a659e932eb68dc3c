import type { Timestamp } from "./Timestamp";

/** A file of the workspace. */
export type WorkspaceFile = { path: string; size: number; modified: Timestamp };
