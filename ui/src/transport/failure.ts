// What a failed command looks like to the rest of the UI, whichever way it travelled.
import type { ErrorKind } from "@/wire";

const KINDS: readonly string[] = [
  "not_found",
  "invalid",
  "unauthenticated",
  "forbidden",
  "conflict",
  "needs_approval",
  "limit_reached",
  "unavailable",
  "cancelled",
  "internal",
] satisfies ErrorKind[];

/** A command failed. `offline` means that Luna's core was not reached at all. */
export class Failure extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly offline = false,
  ) {
    super(message);
    this.name = "Failure";
  }

  /** Whatever was thrown, as a Failure. */
  static of(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    if (thrown instanceof DOMException && thrown.name === "AbortError") return new Failure("cancelled", "cancelled");
    return new Failure("internal", thrown instanceof Error ? thrown.message : String(thrown));
  }

  /** The failure that a reply's body describes. */
  static fromBody(status: number, body: string): Failure {
    try {
      const parsed: unknown = JSON.parse(body);
      if (typeof parsed === "object" && parsed !== null && "message" in parsed && typeof parsed.message === "string") {
        const kind = "kind" in parsed && typeof parsed.kind === "string" ? parsed.kind : "";
        return new Failure(isKind(kind) ? kind : kindOf(status), parsed.message);
      }
      // Said at the door, before any command.
      if (typeof parsed === "object" && parsed !== null && "detail" in parsed && typeof parsed.detail === "string") {
        return new Failure(kindOf(status), parsed.detail);
      }
    } catch {
      // Not JSON: a proxy's page, or a cut reply. The status says what is known.
    }
    return new Failure(kindOf(status), `The server answered ${status}.`);
  }
}

function isKind(kind: string): kind is ErrorKind {
  return KINDS.includes(kind);
}

function kindOf(status: number): ErrorKind {
  switch (status) {
    case 400:
    case 422:
      return "invalid";
    case 401:
      return "unauthenticated";
    case 403:
      return "forbidden";
    case 404:
      return "not_found";
    case 409:
      return "conflict";
    case 413:
    case 429:
      return "limit_reached";
    case 502:
    case 503:
    case 504:
      return "unavailable";
    default:
      return "internal";
  }
}
