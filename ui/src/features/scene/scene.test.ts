import { expect, test } from "vitest";
import type { Shape } from "@/wire";
import { fallen, placed, strewn, wave } from "./motion";

const ball: Shape = {
  kind: "sphere",
  position: [4, 1, 0],
  size: [2, 2, 2],
  rotation: [0, 90, 0],
  color: "#ffffff",
  glow: 0,
  opacity: 1,
  count: 0,
  label: "",
  motion: "none",
  motion_seconds: 8,
};

test("what does not move stays where it was described", () => {
  expect(placed(ball, 3)).toEqual({ position: [4, 1, 0], rotation: [0, Math.PI / 2, 0], light: 1 });
});

test("an orbit goes around the middle and comes back", () => {
  const orbit = { ...ball, motion: "orbit" } as const;
  const half = placed(orbit, 4).position;
  expect(half[0]).toBeCloseTo(-4);
  expect(half[2]).toBeCloseTo(0);
  expect(placed(orbit, 8).position[0]).toBeCloseTo(4);
});

test("spinning, bobbing and twinkling come back after their time", () => {
  expect(placed({ ...ball, motion: "spin" }, 4).rotation[1]).toBeCloseTo(1.5 * Math.PI);
  expect(placed({ ...ball, motion: "bob" }, 2).position[1]).toBeCloseTo(1.5);
  expect(placed({ ...ball, motion: "bob" }, 8).position[1]).toBeCloseTo(1);
  expect(placed({ ...ball, motion: "twinkle" }, 4).light).toBeCloseTo(0.25);
  expect(placed({ ...ball, motion: "twinkle" }, 8).light).toBeCloseTo(1);
});

test("what falls stays within its extent", () => {
  const snow = { ...ball, kind: "points", motion: "fall", size: [10, 6, 10], count: 50 } as const satisfies Shape;
  for (let seconds = 0; seconds < 20; seconds += 0.7) {
    for (const [, y] of strewn(snow)) expect(Math.abs(fallen(snow, y, seconds))).toBeLessThanOrEqual(3);
  }
  expect(fallen(snow, 1, 0)).toBeCloseTo(1);
});

test("points are strewn within the shape, each time the same", () => {
  const stars = { ...ball, kind: "points", size: [10, 4, 2], count: 200 } as const satisfies Shape;
  const points = strewn(stars);
  expect(points).toHaveLength(200);
  expect(points).toEqual(strewn(stars));
  expect(points.every(([x, y, z]) => Math.abs(x) <= 5 && Math.abs(y) <= 2 && Math.abs(z) <= 1)).toBe(true);
  expect(new Set(points.map(([x]) => x)).size).toBeGreaterThan(150);
});

test("a wave is small beside its plane", () => {
  const sea = { ...ball, kind: "plane", motion: "wave", size: [80, 0, 80] } as const satisfies Shape;
  for (let x = -40; x < 40; x += 3) expect(Math.abs(wave(sea, x, x / 2, 1.3))).toBeLessThan(1);
});
