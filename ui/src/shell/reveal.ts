// Brings something on the page into sight, and marks it for a moment.

const PATIENCE_MS = 5_000;
const MARKED_MS = 2_500;

/** Shows what `look` finds as soon as that is on the page; its place may still be loading. */
export async function reveal(look: () => HTMLElement | null | undefined): Promise<HTMLElement | undefined> {
  const until = performance.now() + PATIENCE_MS;
  let node = look();
  while (!node && performance.now() < until) {
    await new Promise(requestAnimationFrame);
    node = look();
  }
  if (!node) return undefined;
  node.scrollIntoView({ block: "center" });
  const found = node;
  found.setAttribute("data-found", "");
  setTimeout(() => found.removeAttribute("data-found"), MARKED_MS);
  return found;
}

/** Shows what is called so on the page, and gives the focus to what it names. */
export async function revealNamed(name: string): Promise<void> {
  const named = (): HTMLElement | undefined =>
    [...document.querySelectorAll<HTMLElement>("main :is(label, legend, caption, h2, h3, p, button, span)")].find(
      (node) => node.textContent.trim() === name,
    );
  const node = await reveal(named);
  const control = node instanceof HTMLLabelElement ? node.control : node?.closest("button");
  control?.focus({ preventScroll: true });
}
