// Conversations under the headings of a list: pinned, today, yesterday, the last week, older.
import type { Conversation } from "@/wire";

export type Heading = "pinned" | "today" | "yesterday" | "week" | "older";

/** The headings that have something, in order, each with its conversations in the order given. */
export function grouped(conversations: readonly Conversation[], now: Date): { heading: Heading; conversations: Conversation[] }[] {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const daysBack = (days: number): number => new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate() - days).getTime();
  const headingOf = (conversation: Conversation): Heading => {
    if (conversation.pinned) return "pinned";
    const at = Date.parse(conversation.updated_at);
    if (at >= midnight.getTime()) return "today";
    if (at >= daysBack(1)) return "yesterday";
    return at >= daysBack(7) ? "week" : "older";
  };
  const order: Heading[] = ["pinned", "today", "yesterday", "week", "older"];
  return order
    .map((heading) => ({ heading, conversations: conversations.filter((conversation) => headingOf(conversation) === heading) }))
    .filter((group) => group.conversations.length > 0);
}
