// Days on a calendar: which are shown, what lies on them and where. Pure; times are the window's own.
import type { Occurrence, Times } from "@/wire";

export const VIEWS = ["day", "week", "month", "agenda", "tasks"] as const;
export type View = (typeof VIEWS)[number];

const DAY_MINUTES = 24 * 60;
/** Minutes that a block is high at least, so that it can be hit. */
const SHORTEST = 30;

/** Midnight of the day that lies so many days after a date. */
export function addDays(date: Date, days: number): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);
}

export function sameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate();
}

/** `2026-03-01` of a date. */
export function isoDay(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Midnight of `2026-03-01`; of nothing else. */
export function fromIsoDay(text: string): Date | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!found) return undefined;
  const date = new Date(Number(found[1]), Number(found[2]) - 1, Number(found[3]));
  return isoDay(date) === text ? date : undefined;
}

/** The Monday on or before a date. */
export function monday(date: Date): Date {
  return addDays(date, -((date.getDay() + 6) % 7));
}

/** The days that a view shows around a date. */
export function shownDays(view: View, date: Date): Date[] {
  const run = (first: Date, count: number): Date[] => Array.from({ length: count }, (_, n) => addDays(first, n));
  switch (view) {
    case "week":
      return run(monday(date), 7);
    case "month":
      return run(monday(new Date(date.getFullYear(), date.getMonth(), 1)), 42);
    case "agenda":
      return run(addDays(date, 0), 30);
    default:
      return run(addDays(date, 0), 1);
  }
}

/** The date one view further on, or back. */
export function step(view: View, date: Date, by: 1 | -1): Date {
  if (view === "month") return new Date(date.getFullYear(), date.getMonth() + by, 1);
  return addDays(date, by * (view === "week" ? 7 : view === "agenda" ? 30 : 1));
}

/** Beginning and end as the window's own times. */
export function span(times: Times): { start: Date; end: Date } {
  if (times.kind === "timed") return { start: new Date(times.start), end: new Date(times.end) };
  const day = (text: string): Date => fromIsoDay(text) ?? new Date(NaN);
  return { start: day(times.first), end: day(times.until) };
}

/** What lies on a day: whole days first, then by the beginning. */
export function onDay(all: readonly Occurrence[], day: Date): Occurrence[] {
  const next = addDays(day, 1);
  return all.filter(({ event }) => {
    const { start, end } = span(event.times);
    return start < next && (end > day || (start >= day && +start === +end));
  });
}

/** Pixels below which a day cannot be read, and those that it has where not all days fit. */
const NARROWEST = 92;
const READABLE = 112;

/** How wide each day is where so many do not fit into the room: two or more are whole, and the next one peeps out. */
export function columnWidth(room: number, days: number): number | undefined {
  if (days === 1 || room <= 0 || room / days >= NARROWEST) return undefined;
  return room / (Math.max(2, Math.round(room / READABLE)) + 0.25);
}

/** A block of the time grid: minutes from midnight, and which of how many columns. */
export interface Block {
  occurrence: Occurrence;
  top: number;
  height: number;
  column: number;
  columns: number;
}

/** The timed things of a day as blocks; those that overlap lie side by side. */
export function blocks(all: readonly Occurrence[], day: Date): Block[] {
  const timed = onDay(all, day).filter(({ event }) => event.times.kind === "timed");
  const minutes = (date: Date): number => {
    if (date <= day) return 0;
    if (date >= addDays(day, 1)) return DAY_MINUTES;
    return date.getHours() * 60 + date.getMinutes();
  };
  const placed = timed
    .map((occurrence) => {
      const { start, end } = span(occurrence.event.times);
      const top = minutes(start);
      return { occurrence, top, height: Math.max(minutes(end) - top, SHORTEST), column: 0, columns: 1 };
    })
    .sort((a, b) => a.top - b.top || b.height - a.height);
  let cluster: Block[] = [];
  let reach = -1;
  const close = (): void => {
    const columns = Math.max(0, ...cluster.map((block) => block.column)) + 1;
    for (const block of cluster) block.columns = columns;
    cluster = [];
  };
  for (const block of placed) {
    if (block.top >= reach) close();
    const taken = new Set(cluster.filter((other) => other.top + other.height > block.top).map((other) => other.column));
    while (taken.has(block.column)) block.column += 1;
    cluster.push(block);
    reach = Math.max(reach, block.top + block.height);
  }
  close();
  return placed;
}

/** The same length, so many days and minutes later by the clock on the wall. */
export function moved(times: Times, days: number, minutes: number): Times {
  if (times.kind === "days") {
    const shift = (text: string): string => isoDay(addDays(fromIsoDay(text) ?? new Date(NaN), days));
    return { kind: "days", first: shift(times.first), until: shift(times.until) };
  }
  const { start, end } = span(times);
  const begin = new Date(start.getFullYear(), start.getMonth(), start.getDate() + days, start.getHours(), start.getMinutes() + minutes);
  return { ...times, start: begin.toISOString(), end: new Date(+begin + (+end - +start)).toISOString() };
}

/** `2026-03-01T14:30`, as a field for date and time has it. */
export function fieldOf(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${isoDay(date)}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
