// The way to KaTeX, whose loading takes longer than a frame: it comes with the first formula, or before, while nothing is drawn.
import type { Formula } from "./markdown";

export type Typeset = (formula: Formula) => string;

let coming: Promise<Typeset> | undefined;

export function typesetter(): Promise<Typeset> {
  coming ??= import("./katex").then(({ typeset }) => typeset);
  // What could not be loaded is tried again with the next formula.
  coming.catch(() => (coming = undefined));
  return coming;
}

/** Has it loaded and its fonts with it, so that the first formula of an answer waits for neither. */
export async function prepareFormulas(): Promise<void> {
  const typeset = await typesetter().catch(() => undefined);
  typeset?.({ tex: "\\frac{a}{b}", display: true });
  await Promise.all(["1em KaTeX_Main", "italic 1em KaTeX_Math"].map((font) => document.fonts.load(font).catch(() => [])));
}
