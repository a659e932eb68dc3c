// Markdown to safe HTML, block by block, so that a growing answer only redraws its last block.
import DOMPurify, { type Config } from "dompurify";
import { Marked, type Token, type TokenizerAndRendererExtension, type Tokens } from "marked";

/** A block of a document, as HTML; code and formulas are apart, since they are drawn by components of their own. */
export type Block = {
  raw: string;
  /** Where it ends in the document. */
  end: number;
} & (
  | { kind: "html"; html: string; formulas: Formula[] }
  | { kind: "code"; code: string; language: string }
  | { kind: "math"; formula: Formula }
);

/** TeX, on a line of its own or in the text. */
export interface Formula {
  tex: string;
  display: boolean;
}

/** What Markdown itself makes, and no more. */
const SANITIZE: Config = {
  ALLOWED_TAGS: [
    ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "div", "ul", "ol", "li", "input", "a", "img"],
    ...["strong", "em", "b", "i", "s", "del", "ins", "mark", "sub", "sup", "kbd", "code", "pre", "details", "summary"],
    ...["table", "thead", "tbody", "tr", "th", "td"],
  ],
  ALLOWED_ATTR: ["href", "title", "src", "alt", "align", "type", "checked", "disabled", "start", "colspan", "rowspan", "tabindex"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|#)/i,
  // These hold no address, so they are not held against the pattern above.
  ADD_URI_SAFE_ATTR: ["align", "type", "checked", "disabled", "start", "colspan", "rowspan", "tabindex"],
};

/** Pictures from elsewhere would tell their server that the answer was read, so only those in the text itself are shown. */
const OWN_IMAGE = /^data:image\/(?:png|jpeg|gif|webp);base64,/i;

// Where a formula stands in sanitized HTML: its number between two characters that no text keeps.
const OPEN = "\uE000";
const CLOSE = "\uE001";
let formulas: Formula[] = [];

interface MathToken extends Tokens.Generic {
  formula: Formula;
}

function mathToken(type: string, match: RegExpExecArray | null, display: boolean): MathToken | undefined {
  const tex = match?.[1]?.trim();
  return match && tex ? { type, raw: match[0], formula: { tex, display } } : undefined;
}

/** `$…$` as Pandoc reads it: no space inside the marks and no digit after, so that prices stay prices; and `\\(…\\)`. */
const inlineMath: TokenizerAndRendererExtension = {
  name: "inlineMath",
  level: "inline",
  start: (source) => {
    const at = source.search(/\$|\\\(|\\\[/);
    return at === -1 ? undefined : at;
  },
  tokenizer: (source) =>
    mathToken("inlineMath", /^\$\$([^$]+)\$\$/.exec(source) ?? /^\\\[([\s\S]+?)\\\]/.exec(source), true) ??
    mathToken("inlineMath", /^\$(?!\s)((?:\\[\s\S]|[^$\\\n])+?)(?<!\s)\$(?!\d)/.exec(source) ?? /^\\\(([\s\S]+?)\\\)/.exec(source), false),
  renderer: (token) => `${OPEN}${formulas.push((token as MathToken).formula) - 1}${CLOSE}`,
};

const blockMath: TokenizerAndRendererExtension = {
  name: "blockMath",
  level: "block",
  start: (source) => /(?:^|\n)(?:\$\$|\\\[)/.exec(source)?.index,
  tokenizer: (source) =>
    mathToken("blockMath", /^\$\$([\s\S]+?)\$\$[^\S\n]*(?:\n|$)/.exec(source) ?? /^\\\[([\s\S]+?)\\\][^\S\n]*(?:\n|$)/.exec(source), true),
  renderer: inlineMath.renderer,
};

const marked = new Marked({
  gfm: true,
  extensions: [blockMath, inlineMath],
  renderer: {
    image({ href, text }: Tokens.Image): string {
      if (OWN_IMAGE.test(href)) return `<img src="${escape(href)}" alt="${escape(text)}">`;
      return `<a href="${escape(href)}">${escape(text || href)}</a>`;
    },
  },
});

const purifier = DOMPurify(window);
purifier.setConfig(SANITIZE);
purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  }
  if (node.tagName === "IMG" && !OWN_IMAGE.test(node.getAttribute("src") ?? "")) node.remove();
  if (node.tagName === "INPUT") {
    if (node.getAttribute("type") !== "checkbox") node.remove();
    node.removeAttribute("src");
    node.setAttribute("disabled", "");
    node.setAttribute("aria-label", node.hasAttribute("checked") ? "done" : "open");
  }
});

/** A document in its blocks. */
export interface Document {
  source: string;
  blocks: Block[];
  /** Whether it can only be read as a whole: it says in one place where links of another lead. */
  whole: boolean;
}

export const BLANK: Document = { source: "", blocks: [], whole: false };

/** Blocks at the end that what comes next may still change; those before are settled. */
const UNSETTLED = 2;

/** A document as it reads now. Where it only grew since `before`, its settled blocks are not read again; blocks that did not
 * change stay the same objects. */
export function read(text: string, before: Document = BLANK): Document {
  const source = text.replace(/[\uE000\uE001]/g, "").replace(/\r\n?/g, "\n");
  const grew = !before.whole && source.startsWith(before.source);
  const blocks = grew ? before.blocks.slice(0, -UNSETTLED) : [];
  let whole = false;
  let at = blocks.at(-1)?.end ?? 0;
  for (const token of marked.lexer(source.slice(at))) {
    // What a token was read from is not always what it says.
    whole ||= token.type === "def" || !source.startsWith(token.raw, at);
    at += token.raw.length;
    if (token.type === "space" || token.type === "def") continue;
    const known = before.blocks[blocks.length];
    blocks.push(known?.raw === token.raw ? (known.end === at ? known : { ...known, end: at }) : block(token, at));
  }
  return { source, blocks, whole };
}

/** Has everything that reading needs made ready, so that the first words of an answer do not wait for it. */
export function prepare(): void {
  read("A *word*, a `name`, a [link](https://example.org) and $x$.\n\n# Title\n\n- item\n\n| a |\n|---|\n| 1 |\n\n> said\n\n```ts\nlet a;\n```\n\n<b>x</b>\n");
}

function block(token: Token, end: number): Block {
  if (token.type === "code") {
    const { raw, text, lang } = token as Tokens.Code;
    return { raw, end, kind: "code", code: text, language: lang?.split(/\s/)[0] ?? "" };
  }
  if (token.type === "blockMath") return { raw: token.raw, end, kind: "math", formula: (token as MathToken).formula };
  formulas = [];
  const html = purifier.sanitize(scrollable(marked.parser([token]), token.type));
  return { raw: token.raw, end, kind: "html", html, formulas };
}

/** The HTML of a block with its formulas drawn by `typeset`, or as they were written while that is not there yet. */
export function withFormulas(block: Block & { kind: "html" }, typeset: ((formula: Formula) => string) | undefined): string {
  if (block.formulas.length === 0) return block.html;
  return block.html.replace(new RegExp(`${OPEN}(\\d+)${CLOSE}`, "g"), (_, number: string) => {
    const formula = block.formulas[Number(number)];
    if (!formula) return "";
    return typeset ? typeset(formula) : `<code>${escape(formula.tex)}</code>`;
  });
}

/** Wide tables scroll by themselves instead of widening the page. */
function scrollable(html: string, type: string): string {
  return type === "table" ? `<div tabindex="0">${html}</div>` : html;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
