// How the shapes of a scene move: where each is after so many seconds. Pure; knows no renderer.
import type { Shape } from "@/wire";

export type Point = [x: number, y: number, z: number];

export interface Placed {
  position: Point;
  /** In radians. */
  rotation: Point;
  /** How bright it is, 0 to 1. */
  light: number;
}

const TURN = 2 * Math.PI;
/** How far a shape bobs, of its own height. */
const BOB = 0.25;
/** How dark it gets when it twinkles. */
const DARKEST = 0.25;

/** Where a shape is after so many seconds; at 0 as it was described. */
export function placed(shape: Shape, seconds: number): Placed {
  const [x, y, z] = shape.position;
  const rotation = shape.rotation.map((degrees) => (degrees / 360) * TURN) as Point;
  const turn = (seconds / shape.motion_seconds) * TURN;
  const still: Placed = { position: [x, y, z], rotation, light: 1 };
  switch (shape.motion) {
    case "spin":
      return { ...still, rotation: [rotation[0], rotation[1] + turn, rotation[2]] };
    case "bob":
      return { ...still, position: [x, y + Math.sin(turn) * shape.size[1] * BOB, z] };
    case "orbit": {
      const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
      return { ...still, position: [x * cos + z * sin, y, z * cos - x * sin] };
    }
    case "twinkle":
      return { ...still, light: 1 - (1 - DARKEST) * (0.5 - 0.5 * Math.cos(turn)) };
    // Waves and falling move the points of a shape, not the shape.
    case "wave":
    case "fall":
    case "none":
      return still;
  }
}

/** The height of a wave at a point of a plane. */
export function wave(shape: Shape, x: number, z: number, seconds: number): number {
  const turn = (seconds / shape.motion_seconds) * TURN;
  const long = Math.max(shape.size[0], shape.size[2]) / 8;
  const high = Math.min(0.35, long / 12);
  return high * (Math.sin((x / long) * TURN + turn) + 0.6 * Math.sin((z / long) * TURN * 1.3 + turn * 0.8));
}

/** How high something that falls is: it comes again from above. */
export function fallen(shape: Shape, height: number, seconds: number): number {
  const size = shape.size[1] || 1;
  const down = (((height - (seconds / shape.motion_seconds) * size + size / 2) % size) + size) % size;
  return down - size / 2;
}

/** Where the points of a shape lie within it; the same for the same shape. */
export function strewn(shape: Shape): Point[] {
  let seed = shape.count + 1;
  const next = (): number => {
    // A linear congruential generator, with the constants of Numerical Recipes.
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32 - 0.5;
  };
  return Array.from({ length: shape.count }, () => [next() * shape.size[0], next() * shape.size[1], next() * shape.size[2]]);
}
