// What is at hand when the bar opens, and how it becomes part of a question. Only what the user chose is ever part of it.
import type { Surroundings } from "@/transport";

export type Source = "selection" | "clipboard";

export interface Offer {
  source: Source;
  text: string;
}

/** What can be added; the clipboard only when it holds something else than the selection. */
export function offers({ selection, clipboard }: Pick<Surroundings, "selection" | "clipboard">): Offer[] {
  const found: Offer[] = [];
  if (selection) found.push({ source: "selection", text: selection });
  if (clipboard && clipboard !== selection) found.push({ source: "clipboard", text: clipboard });
  return found;
}

/** The question with what was added, fenced so that it cannot be taken for the question itself. */
export function withContext(question: string, added: Offer[]): string {
  return [question, ...added.map(({ text }) => fenced(text))].join("\n\n");
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text}\n${fence}`;
}
