// How long to wait before trying to reach the core again.

/** Milliseconds before attempt `n` (0 is the first): doubling from half a second to ten, with a fifth of jitter. */
export function backoff(n: number, random: () => number = Math.random): number {
  const base = Math.min(10_000, 500 * 2 ** n);
  return Math.round(base * (0.9 + random() * 0.2));
}
