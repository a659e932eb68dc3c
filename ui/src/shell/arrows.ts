// Arrow keys in a list: up and down move between the rows marked `data-row`, Home and End go to the ends.

export function arrows(node: HTMLElement): () => void {
  const keydown = (event: KeyboardEvent): void => {
    const rows = [...node.querySelectorAll<HTMLElement>("[data-row]")];
    const at = rows.findIndex((row) => row === document.activeElement);
    if (at === -1) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    const row = to === undefined ? undefined : rows[to];
    if (!row) return;
    event.preventDefault();
    row.focus();
  };
  node.addEventListener("keydown", keydown);
  return () => node.removeEventListener("keydown", keydown);
}
