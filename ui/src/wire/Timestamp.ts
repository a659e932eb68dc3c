/** An instant in RFC 3339 ("2026-11-22T01:24:08Z"). */
export type Timestamp = string;
