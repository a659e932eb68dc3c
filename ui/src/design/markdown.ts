// Markdown to safe HTML, block by block, so that a growing answer only redraws its last block.
import DOMPurify, { type Config } from "dompurify";
import { Marked, type Token, type Tokens } from "marked";

/** A block of a document, as HTML; code is apart, since it is drawn by a component of its own. */
export type Block = { raw: string } & ({ kind: "html"; html: string } | { kind: "code"; code: string; language: string });

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

const marked = new Marked({
  gfm: true,
  renderer: {
    image({ href, text }: Tokens.Image): string {
      if (OWN_IMAGE.test(href)) return `<img src="${escape(href)}" alt="${escape(text)}">`;
      return `<a href="${escape(href)}">${escape(text || href)}</a>`;
    },
  },
});

const purifier = DOMPurify(window);
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

/** The blocks of a document. Those that did not change since `before` are taken from it. */
export function blocks(text: string, before: Block[] = []): Block[] {
  return marked
    .lexer(text)
    .filter((token) => token.type !== "space" && token.type !== "def")
    .map((token, index) => {
      const known = before[index];
      return known?.raw === token.raw ? known : block(token);
    });
}

function block(token: Token): Block {
  if (token.type === "code") {
    const { raw, text, lang } = token as Tokens.Code;
    return { raw, kind: "code", code: text, language: lang?.split(/\s/)[0] ?? "" };
  }
  return { raw: token.raw, kind: "html", html: purifier.sanitize(scrollable(marked.parser([token]), token.type), SANITIZE) };
}

/** Wide tables scroll by themselves instead of widening the page. */
function scrollable(html: string, type: string): string {
  return type === "table" ? `<div tabindex="0">${html}</div>` : html;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
