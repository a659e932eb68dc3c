/** A conversation as a file. */
export type Exported = { name: string; text: string };
