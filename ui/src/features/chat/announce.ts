// What a screen reader is told of a growing answer: whole sentences only, each once.

/** The sentences of `text` after `from` that are finished, and where they end. `end` takes the rest as it is. */
export function finished(text: string, from: number, end: boolean): { said: string; upTo: number } {
  if (end) return { said: text.slice(from).trim(), upTo: text.length };
  const rest = text.slice(from);
  let upTo = 0;
  for (const match of rest.matchAll(/[.!?…:](?=\s)|\n/g)) upTo = match.index + match[0].length;
  return { said: rest.slice(0, upTo).trim(), upTo: from + upTo };
}
