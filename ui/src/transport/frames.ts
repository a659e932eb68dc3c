// Gathers what streams in and hands it on once a frame, so that a fast model never keeps the window from painting.

type Schedule = (run: () => void) => void;

/** A hidden page gets no animation frames, but its streams go on; there a timer stands in. */
const nextFrame: Schedule = (run) => {
  if (document.visibilityState === "hidden") setTimeout(run, 50);
  else requestAnimationFrame(run);
};

/** Calls `deliver` with everything of `source` that arrived since the last frame, in order, to the end of `source`. */
export async function perFrame<Item>(
  source: AsyncIterable<Item>,
  deliver: (items: Item[]) => void,
  schedule: Schedule = nextFrame,
): Promise<void> {
  let waiting: Item[] = [];
  let scheduled = false;
  const flush = (): void => {
    scheduled = false;
    const items = waiting;
    waiting = [];
    if (items.length > 0) deliver(items);
  };
  try {
    for await (const item of source) {
      waiting.push(item);
      if (!scheduled) {
        scheduled = true;
        schedule(flush);
      }
    }
  } finally {
    flush();
  }
}
