// Colours code in a thread of its own, so that no grammar, however slow, keeps words from being drawn.
import { highlight } from "./highlight";

export interface Wanted {
  id: number;
  code: string;
  language: string;
}
export interface Coloured {
  id: number;
  html: string | undefined;
}

self.onmessage = ({ data: { id, code, language } }: MessageEvent<Wanted>): void => {
  self.postMessage({ id, html: highlight(code, language) } satisfies Coloured);
};
