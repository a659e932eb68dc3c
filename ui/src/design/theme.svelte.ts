// Which theme is shown, for what cannot take its colours from the tokens (diagrams are pictures).
import { MediaQuery } from "svelte/reactivity";

const still = new MediaQuery("prefers-reduced-motion: reduce", false);
const system = new MediaQuery("prefers-color-scheme: dark", false);
let chosen = $state("system");
let reduced = $state(false);

/** Shows a theme: `light`, `dark`, `contrast`, or anything else for the system's. */
export function showTheme(theme: string): void {
  const root = document.documentElement;
  if (theme === "light" || theme === "dark" || theme === "contrast") root.dataset["theme"] = theme;
  else delete root.dataset["theme"];
  chosen = theme;
}

/** Whether light stands on dark now. */
export function isDark(): boolean {
  return chosen === "dark" || (chosen !== "light" && system.current);
}

/** `reduced` shows no motion, whatever the system says; everything else leaves it to the system. */
export function showMotion(motion: string): void {
  reduced = motion === "reduced";
  if (motion === "reduced") document.documentElement.dataset["motion"] = motion;
  else delete document.documentElement.dataset["motion"];
}

/** Whether nothing is to move by itself. */
export function isStill(): boolean {
  return reduced || still.current;
}
