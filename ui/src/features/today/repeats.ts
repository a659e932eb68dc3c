// How an event repeats, in words: the rules that words and dialogs make (RFC 5545), and any other one by its frequency.

export interface RepeatWords {
  daily: string;
  weekdays: string;
  weekly: string;
  monthly: string;
  yearly: string;
  /** "every 3 days": by how many, and `DAILY`, `WEEKLY`, `MONTHLY`, `YEARLY`. */
  every: (count: number, frequency: Frequency) => string;
  /** "on Monday and Friday". */
  on: (days: string) => string;
  /** "until 3 May". */
  until: (day: string) => string;
  times: (count: number) => string;
}

export type Frequency = "DAILY" | "WEEKLY" | "MONTHLY" | "YEARLY";

const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const WEEKDAYS = "MO,TU,WE,TH,FR";

/** "Weekly on Tuesday and Friday, until 3 May", of a rule or of the one word that stands for it. */
export function repeatText(rule: string, words: RepeatWords, locale: string): string {
  const simple = { daily: words.daily, weekdays: words.weekdays, weekly: words.weekly, monthly: words.monthly, yearly: words.yearly } as Record<string, string>;
  const named = simple[rule.toLowerCase()];
  if (named !== undefined) return named;
  const parts = new Map(rule.toUpperCase().split(";").map((part): [string, string] => [part.split("=")[0] ?? "", part.split("=")[1] ?? ""]));
  const frequency = parts.get("FREQ");
  if (!isFrequency(frequency)) return rule;
  const count = Number(parts.get("INTERVAL") ?? 1);
  const days = parts.get("BYDAY");
  if (frequency === "WEEKLY" && count === 1 && days === WEEKDAYS) return words.weekdays + ending(parts, words, locale);
  const often = count > 1 ? words.every(count, frequency) : (simple[{ DAILY: "daily", WEEKLY: "weekly", MONTHLY: "monthly", YEARLY: "yearly" }[frequency]] ?? rule);
  return often + (days ? ` ${words.on(dayNames(days, locale))}` : "") + ending(parts, words, locale);
}

function isFrequency(text: string | undefined): text is Frequency {
  return text === "DAILY" || text === "WEEKLY" || text === "MONTHLY" || text === "YEARLY";
}

/** "Tuesday and Friday", of `TU,FR`; `1MO` is written as "1. Monday" by the number alone. */
function dayNames(days: string, locale: string): string {
  // The first of January 2024 was a Monday.
  const name = (index: number): string => new Intl.DateTimeFormat(locale, { weekday: "long" }).format(new Date(2024, 0, 1 + index));
  const named = days.split(",").map((day) => {
    const found = /^([+-]?\d+)?(..)$/.exec(day);
    const index = DAYS.indexOf(found?.[2] ?? "");
    return index < 0 ? day : `${found?.[1] ? `${Number(found[1])}. ` : ""}${name(index)}`;
  });
  return new Intl.ListFormat(locale, { type: "conjunction" }).format(named);
}

function ending(parts: Map<string, string>, words: RepeatWords, locale: string): string {
  const count = parts.get("COUNT");
  if (count) return `, ${words.times(Number(count))}`;
  const until = /^(\d{4})(\d\d)(\d\d)/.exec(parts.get("UNTIL") ?? "");
  if (!until) return "";
  const day = new Date(Number(until[1]), Number(until[2]) - 1, Number(until[3]));
  return `, ${words.until(new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(day))}`;
}
