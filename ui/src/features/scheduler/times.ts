// The times of a job in the language that is shown: what cron says most often. The core says the rest, in English.

export interface TimesWords {
  daily: (time: string) => string;
  weekdays: (time: string) => string;
  /** "On Monday and Friday at 9:00". */
  weekly: (days: string, time: string) => string;
  /** "On the 1st of every month at 9:00"; the day is a number. */
  monthly: (day: number, time: string) => string;
  /** 1 is every minute. */
  minutes: (count: number) => string;
  /** 1 is every hour. */
  hours: (count: number) => string;
}

/** A pattern of five fields in words; `undefined` where it says more than these have words for. */
export function cronText(pattern: string, words: TimesWords, locale: string): string | undefined {
  const [minute = "", hour = "", day = "", month = "", weekday = "", more] = pattern.trim().split(/\s+/);
  if (more !== undefined || month !== "*") return undefined;
  if (day === "*" && weekday === "*" && hour.startsWith("*")) return minute === "0" ? every(hour, 24, words.hours) : hour === "*" ? every(minute, 60, words.minutes) : undefined;
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour)) return undefined;
  const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" }).format(new Date(2024, 0, 1, Number(hour), Number(minute)));
  if (day === "*" && weekday === "*") return words.daily(time);
  if (day === "*" && weekday === "1-5") return words.weekdays(time);
  if (day === "*" && /^[0-7](,[0-7])*$/.test(weekday)) return words.weekly(named(weekday.split(",").map(Number), locale), time);
  if (/^\d+$/.test(day) && weekday === "*") return words.monthly(Number(day), time);
  return undefined;
}

/** A star, or a star with a step that divides the whole: any other begins anew in the middle. */
function every(field: string, whole: number, words: (count: number) => string): string | undefined {
  const found = /^\*(?:\/(\d+))?$/.exec(field);
  const count = Number(found?.[1] ?? 1);
  return found && count > 0 && whole % count === 0 ? words(count) : undefined;
}

/** Days of the week by their numbers, Monday first. */
function named(days: number[], locale: string): string {
  const name = new Intl.DateTimeFormat(locale, { weekday: "long" });
  // The first of January 2024 was a Monday; Sunday is 0 as well as 7.
  const sorted = [...new Set(days.map((day) => (day === 0 ? 7 : day)))].sort((a, b) => a - b);
  return new Intl.ListFormat(locale, { type: "conjunction" }).format(sorted.map((day) => name.format(new Date(2024, 0, day))));
}
