/** A remembered fact. */
export type FactId = string;
