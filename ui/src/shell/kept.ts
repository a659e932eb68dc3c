// Small things kept in the browser (drafts, what is folded). Storage may be full or forbidden; then they are just not kept.

export function keep(key: string, value: string): void {
  try {
    if (value === "") localStorage.removeItem(`luna.${key}`);
    else localStorage.setItem(`luna.${key}`, value);
  } catch {
    // Not kept: the page works without.
  }
}

export function kept(key: string): string {
  try {
    return localStorage.getItem(`luna.${key}`) ?? "";
  } catch {
    return "";
  }
}
