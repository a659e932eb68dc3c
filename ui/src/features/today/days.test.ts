import { describe, expect, it } from "vitest";
import type { Occurrence, Times } from "@/wire";
import { addDays, blocks, columnWidth, fromIsoDay, isoDay, monday, moved, onDay, shownDays, step } from "./days";

const day = new Date(2026, 2, 3);
const at = (hour: number, minute = 0): string => new Date(2026, 2, 3, hour, minute).toISOString();

function held(title: string, times: Times): Occurrence {
  return {
    original: null,
    event: {
      id: title, calendar: null, uid: title, title, notes: "", location: "", times, rule: null, skipped: [], series: null, original: null,
      remind_before: [], created_at: at(0), updated_at: at(0),
    },
  };
}
const timed = (title: string, from: number, to: number): Occurrence =>
  held(title, { kind: "timed", start: at(from), end: at(to), zone: "Europe/Berlin" });

describe("days", () => {
  it("begins weeks on Monday and fills six weeks of a month", () => {
    expect(isoDay(monday(new Date(2026, 2, 1)))).toBe("2026-02-23");
    const month = shownDays("month", day);
    expect(month).toHaveLength(42);
    expect(isoDay(month[0] as Date)).toBe("2026-02-23");
    expect(isoDay(step("month", new Date(2026, 0, 31), 1))).toBe("2026-02-01");
  });

  it("knows a day by its text, and no other text", () => {
    expect(fromIsoDay("2026-02-30")).toBeUndefined();
    expect(fromIsoDay("today")).toBeUndefined();
    expect(isoDay(addDays(fromIsoDay("2026-02-28") as Date, 1))).toBe("2026-03-01");
  });

  it("lays what overlaps side by side and what does not under each other", () => {
    const laid = blocks([timed("a", 9, 11), timed("b", 10, 12), timed("c", 11, 12), timed("d", 14, 15)], day);
    expect(laid.map(({ occurrence, column, columns }) => [occurrence.event.title, column, columns])).toEqual([
      ["a", 0, 2], ["b", 1, 2], ["c", 0, 2], ["d", 0, 1],
    ]);
    expect(laid[0]).toMatchObject({ top: 540, height: 120 });
  });

  it("shows some days of a week at a readable width, and a bit of the next, where not all fit", () => {
    expect(columnWidth(1200, 7)).toBeUndefined();
    expect(columnWidth(300, 1)).toBeUndefined();
    for (const [room, whole] of [[268, 2], [308, 3], [368, 3], [430, 4]] as const) {
      const width = columnWidth(room, 7) ?? 0;
      expect(width).toBeGreaterThan(90);
      expect(Math.floor(room / width)).toBe(whole);
      expect(room % width).toBeGreaterThan(16);
    }
  });

  it("puts whole days on each of their days and keeps them out of the grid", () => {
    const holiday = held("h", { kind: "days", first: "2026-03-02", until: "2026-03-04" });
    expect(onDay([holiday], day)).toHaveLength(1);
    expect(onDay([holiday], addDays(day, 1))).toHaveLength(0);
    expect(blocks([holiday], day)).toHaveLength(0);
  });

  it("moves by the clock on the wall", () => {
    const later = moved(timed("a", 9, 10).event.times, 1, 30);
    expect(later).toMatchObject({ start: new Date(2026, 2, 4, 9, 30).toISOString(), end: new Date(2026, 2, 4, 10, 30).toISOString() });
    expect(moved({ kind: "days", first: "2026-03-02", until: "2026-03-04" }, 2, 45)).toEqual({ kind: "days", first: "2026-03-04", until: "2026-03-06" });
  });
});
