import { expect, test } from "vitest";
import { clock, degrees, imperial, line, lines, speed } from "./units";

test("units follow the region, not the language", () => {
  expect(imperial("en-US")).toBe(true);
  expect(imperial("en-GB")).toBe(false);
  expect(imperial("de")).toBe(false);
  expect(degrees(20, true, "en-US")).toBe("68°F");
  expect(degrees(20.4, false, "en-US")).toBe("20°C");
  expect(speed(16.09344, true, "en-US")).toBe("10 mph");
});

test("a line spans its box and a flat one does not divide by nothing", () => {
  expect(line([1, 3, 2])).toBe("M0.00 95.00L50.00 5.00L100.00 50.00");
  expect(line([2, 2])).not.toContain("NaN");
  expect(line([1])).toBe("");
});

test("lengths are told as players tell them", () => {
  expect([0, 9_999, 243_733, 3_729_000, -1].map(clock)).toEqual(["0:00", "0:09", "4:03", "1:02:09", "0:00"]);
});

test("lists are read however they are typed, each entry once", () => {
  expect(lines(" SPY, AAPL\n\nMSFT\nSPY ")).toEqual(["SPY", "AAPL", "MSFT"]);
});
