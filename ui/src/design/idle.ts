// Work that can wait until nothing else has to be drawn.

/** Runs it when the page has a moment, each in a task of its own; gives what calls it off. */
export function whenIdle(run: () => void): () => void {
  // WebKit has no idle callbacks: there, a moment after the next frame.
  if (typeof requestIdleCallback === "undefined") {
    const timer = setTimeout(run, 60);
    return () => clearTimeout(timer);
  }
  const idle = requestIdleCallback(run, { timeout: 1_000 });
  return () => cancelIdleCallback(idle);
}
