// What lies at the foot of a page, where the hand is: notices stand above it (`--foot`), never on it.

export function foot(node: HTMLElement): () => void {
  const root = document.documentElement.style;
  const observer = new ResizeObserver(() => root.setProperty("--foot", `${node.offsetHeight}px`));
  observer.observe(node);
  return () => {
    observer.disconnect();
    root.removeProperty("--foot");
  };
}
