// Markdown to safe HTML, block by block, so that a growing answer only redraws its last block.
import DOMPurify, { type Config } from "dompurify";
import { Marked, type Token, type Tokens } from "marked";

/** A block of a document, as HTML; code is apart, since it is drawn by a component of its own. */
export type Block = { raw: string } & ({ kind: "html"; html: string } | { kind: "code"; code: string; language: string });

const SANITIZE: Config = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ["style", "form", "button", "textarea", "select", "iframe", "video", "audio", "source", "picture"],
  FORBID_ATTR: ["style", "srcset", "class", "id", "name"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|#|data:image\/(?:png|jpeg|gif|webp);)/i,
};

const marked = new Marked({
  gfm: true,
  renderer: {
    // Pictures from elsewhere would tell their server that the answer was read; they become links.
    image({ href, text }: Tokens.Image): string {
      if (href.startsWith("data:image/")) return `<img src="${escape(href)}" alt="${escape(text)}">`;
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
  if (node.tagName === "INPUT") {
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
