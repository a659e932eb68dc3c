// Long and rich conversations of the stand-in core.
import type { Conversation, Message } from "@/wire";
import { ago, DAY, MINUTE } from "./data";

export const MATH = `The sum is $\\sum_{k=1}^{n} k$, that is

$$
\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}
$$

As a diagram:

\`\`\`mermaid
graph LR
  A[Numbers] --> B{Add up}
  B --> C[Sum]
\`\`\`

As a page:

\`\`\`html
<h1>A page of its own</h1><script>parent.owned = true</script>
\`\`\`
`;

/** A conversation of 10,000 messages, with one at its middle that is found by “needle”. */
export function big(): { conversation: Conversation; messages: Message[] } {
  const conversation: Conversation = {
    id: "c-big",
    title: "needle in a haystack",
    pinned: false,
    created_at: ago(90 * DAY),
    updated_at: ago(MINUTE),
    message_count: 10_000,
  };
  const base = { conversation: conversation.id, images: [], tools: [], state: "complete" as const };
  const messages = Array.from({ length: 10_000 }, (_, n): Message => {
    const mine = n % 2 === 0;
    const content = mine
      ? `Question ${n / 2 + 1}${n === 9_000 ? ", the needle" : ""}`
      : `Answer ${(n + 1) / 2}. **Some** text with \`code\`, a list and a block.\n\n- one\n- two\n\n\`\`\`ts\nconst n = ${n};\n\`\`\``;
    return { ...base, id: `b${n}`, turn: `bt${n >> 1}`, role: mine ? "user" : "assistant", content, model: mine ? null : "large", created_at: ago((10_000 - n) * MINUTE) };
  });
  return { conversation, messages };
}
