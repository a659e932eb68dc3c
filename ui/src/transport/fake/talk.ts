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

const CHAPTER = (n: number): string => `## Chapter ${n}

What a reader of *chapter ${n}* should know, with \`names\`, **weight** and a [link](https://example.org/${n}).

- The first thing of ${n}, which is said in a sentence of some length so that it fills more than one line of the page
  - with something under it
- The second thing
- [x] The third, which is done

| Part | Size | Why |
|---|--:|---|
${Array.from({ length: 6 }, (_, row) => `| part ${row} | ${row * 17} | because of \`row_${row}\` |`).join("\n")}

\`\`\`ts
${Array.from({ length: 40 }, (_, line) => `export const line${line} = (a: number, b: string): string => \`\${a + ${line}} of \${b}\`; // ${n}`).join("\n")}
\`\`\`

> Whoever reads this twice has read it once more than most.

The area is $\\pi r^2$.

`;

/** A long answer with all that Markdown has. */
export const HANDBOOK = Array.from({ length: 6 }, (_, n) => CHAPTER(n + 1)).join("");
