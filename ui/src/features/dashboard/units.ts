// Units as people of a place know them.

/** Whether degrees are Fahrenheit and miles are driven there. */
export function imperial(tag: string): boolean {
  try {
    const { region } = new Intl.Locale(tag).maximize();
    return ["US", "LR", "MM"].includes(region ?? "");
  } catch {
    return false;
  }
}

export function degrees(celsius: number, usa: boolean, locale: string): string {
  const value = usa ? celsius * 1.8 + 32 : celsius;
  return new Intl.NumberFormat(locale, { style: "unit", unit: usa ? "fahrenheit" : "celsius", maximumFractionDigits: 0 }).format(value);
}

export function speed(kph: number, usa: boolean, locale: string): string {
  const value = usa ? kph / 1.609_344 : kph;
  return new Intl.NumberFormat(locale, { style: "unit", unit: usa ? "mile-per-hour" : "kilometer-per-hour", maximumFractionDigits: 0 }).format(value);
}

/** The path of a small line chart in a box of 100 by 100. */
export function line(points: number[]): string {
  if (points.length < 2) return "";
  const [low, high] = [Math.min(...points), Math.max(...points)];
  const height = high - low || 1;
  return points.map((point, n) => `${n === 0 ? "M" : "L"}${((n / (points.length - 1)) * 100).toFixed(2)} ${(95 - ((point - low) / height) * 90).toFixed(2)}`).join("");
}

/** A length of music: 4:03, 1:02:09. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** What stands in a text, an entry a line or between commas; each once. */
export function lines(text: string): string[] {
  const entries = text.split(/[\n,]/).map((entry) => entry.trim());
  return [...new Set(entries.filter((entry) => entry !== ""))];
}
