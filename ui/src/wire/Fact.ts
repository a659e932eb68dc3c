import type { FactId } from "./FactId";
import type { FactSource } from "./FactSource";
import type { Timestamp } from "./Timestamp";

/** One remembered fact. */
export type Fact = {
  id: FactId;
  content: string;
  confidence: number;
  importance: number;
  source: FactSource;
  created_at: Timestamp;
  last_accessed: Timestamp;
  superseded_by: FactId | null;
  ended_at: Timestamp | null;
};
