import { expect, test } from "vitest";
import { between, moved, pixels } from "./region";

test("a part lies between its corners, whichever was first, and inside of the picture", () => {
  expect(between({ x: 0.75, y: 1.4 }, { x: 0.25, y: 0.5 })).toEqual({ x: 0.25, y: 0.5, width: 0.5, height: 0.5 });
  expect(between({ x: 0.5, y: 0.5 }, { x: 0.502, y: 0.6 })).toBeUndefined();
});

test("keys move it, size it, and leave it inside", () => {
  const middle = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
  expect(moved(undefined, "ArrowUp", false)).toEqual(middle);
  expect(moved(middle, "ArrowRight", false)?.x).toBeCloseTo(0.27);
  expect(moved(middle, "ArrowRight", true)?.width).toBeCloseTo(0.52);
  expect(moved({ ...middle, y: 0.5 }, "ArrowDown", false)?.y).toBe(0.5);
  expect(moved(middle, "Enter", false)).toBeUndefined();
});

test("in pixels it is what the core cuts out", () => {
  const part = { x: 0.25, y: 0.5, width: 0.5, height: 0.25 };
  expect(pixels(part, { width: 1920, height: 1080 })).toEqual({ x: 480, y: 540, width: 960, height: 270 });
});
