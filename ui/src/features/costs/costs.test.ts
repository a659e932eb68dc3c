import { expect, it } from "vitest";
import { everyDay, level, percents, roundUp } from "./costs";

it("has every day of a span, those without costs too", () => {
  const days = everyDay([{ name: "2026-11-21", cost: 2, tokens: 9 }], 3, new Date("2026-11-22T23:59:00Z"));
  expect(days).toEqual([
    { name: "2026-11-20", cost: 0, tokens: 0 },
    { name: "2026-11-21", cost: 2, tokens: 9 },
    { name: "2026-11-22", cost: 0, tokens: 0 },
  ]);
});

it("scales to round numbers", () => {
  expect([0, 0.034, 0.2, 1.01, 5, 7, 240].map(roundUp)).toEqual([1, 0.05, 0.2, 2, 5, 10, 500]);
});

it("says how full a budget is", () => {
  expect(level(5, 10, [50, 80])).toBe("fine");
  expect(level(8, 10, [50, 80])).toBe("near");
  expect(level(10, 10, [50, 80])).toBe("over");
  expect(level(1000, 0, [50])).toBe("fine");
});

it("reads per cents as they are typed", () => {
  expect(percents("95, 50 80%; 50")).toEqual([50, 80, 95]);
  expect(percents("")).toEqual([]);
  expect(percents("50, half")).toBeUndefined();
  expect(percents("120")).toBeUndefined();
});
