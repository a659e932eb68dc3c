// Colours for code, made beside the page in a worker; what was coloured once stays at hand.
import type { Coloured, Wanted } from "./highlight.worker";

/** Longer code stays as it is. */
const LONGEST = 60_000;
/** Blocks that are kept coloured. */
const KEPT = 100;

const known = new Map<string, string>();
const waiting = new Map<number, { wanted: Wanted; settle: (html: string | undefined) => void }>();
let worker: Worker | undefined;
let broken = false;
let asked = 0;

const keyOf = (code: string, language: string): string => `${language}\n${code}`;

/** The code as HTML with classes, where it has been coloured before. */
export function colouredBefore(code: string, language: string): string | undefined {
  return known.get(keyOf(code, language));
}

/** The code as HTML with classes; nothing where its language is not known. */
export async function colour(code: string, language: string): Promise<string | undefined> {
  if (language === "" || code.length > LONGEST) return undefined;
  const html = colouredBefore(code, language) ?? (await make(code, language));
  if (html !== undefined) {
    // The newest is the last, so that the oldest makes room.
    known.delete(keyOf(code, language));
    known.set(keyOf(code, language), html);
    for (const oldest of known.keys()) {
      if (known.size <= KEPT) break;
      known.delete(oldest);
    }
  }
  return html;
}

/** Wakes the worker, so that the first block does not wait for it. */
export function prepareColours(): void {
  worker ??= start();
}

function make(code: string, language: string): Promise<string | undefined> {
  prepareColours();
  const wanted: Wanted = { id: asked++, code, language };
  return new Promise((settle) => {
    waiting.set(wanted.id, { wanted, settle });
    if (broken) void makeHere();
    else worker?.postMessage(wanted);
  });
}

function start(): Worker {
  const started = new Worker(new URL("./highlight.worker.ts", import.meta.url), { type: "module" });
  started.onmessage = ({ data: { id, html } }: MessageEvent<Coloured>): void => {
    waiting.get(id)?.settle(html);
    waiting.delete(id);
  };
  started.onerror = (): void => {
    broken = true;
    void makeHere();
  };
  return started;
}

/** A web view that starts no workers colours on the page itself. */
async function makeHere(): Promise<void> {
  const { highlight } = await import("./highlight");
  for (const { wanted, settle } of waiting.values()) settle(highlight(wanted.code, wanted.language));
  waiting.clear();
}
