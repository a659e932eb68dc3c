// CodeMirror, set up in Luna's look. Loaded when the first file is opened.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { markdown } from "@codemirror/lang-markdown";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", backgroundColor: "var(--raised)", color: "var(--text-1)" },
  "&.cm-focused": { outline: "none", boxShadow: "inset 0 0 0 2px var(--accent)" },
  ".cm-scroller": { fontFamily: "var(--font-code)", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--text-3)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--surface-2) 55%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in oklch, var(--accent) 28%, transparent)",
  },
  ".cm-panels": { backgroundColor: "var(--surface-1)", color: "var(--text-1)", borderColor: "var(--border)" },
  ".cm-panel input, .cm-panel button": { minHeight: "28px", fontSize: "13px" },
  ".cm-searchMatch": { backgroundColor: "var(--moderate-soft)" },
});

const colours = HighlightStyle.define([
  { tag: [tags.heading, tags.strong], fontWeight: "620" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: [tags.keyword, tags.bool, tags.null], color: "var(--accent-text)" },
  { tag: [tags.string, tags.monospace], color: "var(--safe)" },
  { tag: [tags.number, tags.list], color: "var(--moderate)" },
  { tag: [tags.link, tags.url, tags.propertyName], color: "var(--info)" },
  { tag: [tags.comment, tags.quote, tags.processingInstruction, tags.meta], color: "var(--text-3)" },
]);

function languageOf(path: string): Extension {
  if (/\.(md|markdown|txt)$/i.test(path)) return markdown();
  return /\.jsonl?$/i.test(path) ? json() : [];
}

interface Setup {
  path: string;
  text: string;
  label: string;
  changed: (text: string) => void;
  save: () => void;
}

/** Opens an editor in `node`. Tab indents; Escape, then Tab leaves it, as CodeMirror's own rule for keyboards says. */
export function createEditor(node: HTMLElement, { path, text, label, changed, save }: Setup): { set: (text: string) => void; dispose: () => void } {
  const view = new EditorView({
    parent: node,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label }),
        keymap.of([
          {
            key: "Mod-s",
            run: () => {
              save();
              return true;
            },
          },
          ...defaultKeymap,
          ...historyKeymap,
          ...searchKeymap,
          indentWithTab,
        ]),
        syntaxHighlighting(colours),
        look,
        languageOf(path),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    set: (next) => {
      if (next !== view.state.doc.toString()) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } });
    },
    dispose: () => view.destroy(),
  };
}
