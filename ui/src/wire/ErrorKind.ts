/** What sort of failure it was. */
export type ErrorKind =
  | "not_found"
  | "invalid"
  | "unauthenticated"
  | "forbidden"
  | "conflict"
  | "needs_approval"
  | "limit_reached"
  | "unavailable"
  | "cancelled"
  | "internal";
