// The time of day for what shows an age, moved once a quarter of a minute.

let now = $state(Date.now());
setInterval(() => {
  now = Date.now();
}, 15_000);

/** Milliseconds since 1970; whoever reads it is drawn again as time passes. */
export function currentTime(): number {
  return now;
}
