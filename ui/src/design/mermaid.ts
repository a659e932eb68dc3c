// Mermaid, loaded when the first diagram is shown. Its drawing becomes a picture, which can run nothing and load nothing.
import mermaid from "mermaid";

let count = 0;
// It has one configuration for all, so one diagram is drawn after the other.
let last: Promise<unknown> = Promise.resolve();

export interface Drawing {
  /** An address that the page can show. */
  src: string;
  width: number;
  height: number;
}

/** Draws a diagram. Rejects when the text is none. */
export function draw(code: string, dark: boolean): Promise<Drawing> {
  const drawing = last.then(async () => {
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      suppressErrorRendering: true,
      theme: dark ? "dark" : "neutral",
      fontFamily: "system-ui, sans-serif",
      htmlLabels: false,
      flowchart: { htmlLabels: false },
    });
    count += 1;
    return picture((await mermaid.render(`diagram-${count}`, code)).svg);
  });
  last = drawing.catch(() => undefined);
  return drawing;
}

function picture(svg: string): Drawing {
  const box = /viewBox="[\d.-]+ [\d.-]+ ([\d.]+) ([\d.]+)"/.exec(svg);
  const [width, height] = [Math.ceil(Number(box?.[1] ?? 640)), Math.ceil(Number(box?.[2] ?? 360))];
  // A picture has no page around it to be as wide as.
  const sized = svg.replace(/<svg([^>]*?) width="100%"/, `<svg$1 width="${width}" height="${height}"`);
  return { src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(sized)}`, width, height };
}
