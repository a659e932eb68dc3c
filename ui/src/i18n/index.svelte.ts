// Which language is shown, and what depends on it: texts, relative times, numbers, sizes.
import { en, type Catalogue } from "./en";

export type Language = "en" | "de";

export const LANGUAGES: Record<Language, string> = { en: "English", de: "Deutsch" };

let catalogue = $state.raw<Catalogue>(en);
let language = $state<Language>("en");
let translate = $state.raw<(sentence: string) => string>((sentence) => sentence);

/** The texts in the language that is shown. */
export function t(): Catalogue {
  return catalogue;
}

/** A sentence of the core's (why something is asked, what a command does), in the language that is shown, where it is known. */
export function said(sentence: string): string {
  return translate(sentence);
}

/** The language that is shown. */
export function locale(): Language {
  return language;
}

/** The language that a setting means: a tag, or `system` for the browser's. */
export function resolveLanguage(setting: string, preferred: readonly string[] = navigator.languages): Language {
  const wanted = setting === "system" ? preferred : [setting];
  for (const tag of wanted) {
    const base = tag.toLowerCase().split("-")[0];
    if (base === "en" || base === "de") return base;
  }
  return "en";
}

/** Shows the language that a setting means. */
export async function useLanguage(setting: string): Promise<void> {
  const next = resolveLanguage(setting);
  if (next === "de") {
    const [{ de }, { deSaid }] = await Promise.all([import("./de"), import("./said.de")]);
    [catalogue, translate] = [de, deSaid];
  } else {
    [catalogue, translate] = [en, (sentence) => sentence];
  }
  language = next;
  document.documentElement.lang = next;
}

// Making a format takes far longer than using it, and a list has many of each.
const formats = new Map<string, unknown>();

function format<Format>(Kind: new (language: string, options: object) => Format, options: object): Format {
  const key = `${language} ${Kind.name} ${JSON.stringify(options)}`;
  const known = (formats.get(key) as Format | undefined) ?? new Kind(language, options);
  formats.set(key, known);
  return known;
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "5 minutes ago", in the language that is shown. */
export function relative(timestamp: string, now: number): string {
  const seconds = (Date.parse(timestamp) - now) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) {
      return format(Intl.RelativeTimeFormat, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
    }
  }
  return catalogue.app.justNow;
}

/** Date and time in full. */
export function exact(timestamp: string): string {
  return format(Intl.DateTimeFormat, { dateStyle: "full", timeStyle: "medium" }).format(new Date(timestamp));
}

/** "850 ms", "3.2 s", "2 min 5 s". */
export function duration(ms: number): string {
  const number = format(Intl.NumberFormat, { maximumFractionDigits: 1 });
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${number.format(ms / 1000)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** "4.2 kB". */
export function fileSize(bytes: number): string {
  const number = format(Intl.NumberFormat, { maximumFractionDigits: 1 });
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${number.format(bytes / 1e3)} kB`;
  return `${number.format(bytes / 1e6)} MB`;
}

/** "$12.40"; of less than a cent, what there is. */
export function dollars(amount: number): string {
  const small = amount !== 0 && Math.abs(amount) < 0.01;
  return format(Intl.NumberFormat, { style: "currency", currency: "USD", ...(small ? { maximumSignificantDigits: 2 } : {}) }).format(amount);
}

/** "87 %". */
export function percent(fraction: number): string {
  return format(Intl.NumberFormat, { style: "percent" }).format(fraction);
}
