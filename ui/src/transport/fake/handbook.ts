// A long answer with all that Markdown has, for the stand-in core and for benches.

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

/** So many chapters. */
export function handbook(chapters: number): string {
  return Array.from({ length: chapters }, (_, n) => CHAPTER(n + 1)).join("");
}
