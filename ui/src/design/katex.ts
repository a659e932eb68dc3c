// KaTeX, loaded by typesetter.ts. What it makes of TeX is safe: it trusts no command that makes links or HTML.
import katex from "katex";
import "katex/dist/katex.css";
import type { Formula } from "./markdown";

/** A formula as HTML, with MathML in it for screen readers. TeX that is wrong is shown as it is, in red. */
export function typeset({ tex, display }: Formula): string {
  return katex.renderToString(tex, { displayMode: display, throwOnError: false, trust: false, strict: "ignore", maxSize: 30, maxExpand: 300 });
}
