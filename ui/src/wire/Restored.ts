/** The files an undo brought back. */
export type Restored = { restored: string[] };
