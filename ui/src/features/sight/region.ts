// A part of a picture, as shares of it: drawn with the mouse or moved with the keys, and in pixels for the core.

export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Smaller than this, as a share, is a click and not a part. */
const SMALLEST = 0.01;
/** How far a key moves it. */
const STEP = 0.02;

const within = (share: number): number => Math.min(1, Math.max(0, share));

/** The rectangle between two corners; none for a mere click. */
export function between(a: { x: number; y: number }, b: { x: number; y: number }): Region | undefined {
  const [left, right] = [Math.min(within(a.x), within(b.x)), Math.max(within(a.x), within(b.x))];
  const [top, bottom] = [Math.min(within(a.y), within(b.y)), Math.max(within(a.y), within(b.y))];
  const region = { x: left, y: top, width: right - left, height: bottom - top };
  return region.width < SMALLEST || region.height < SMALLEST ? undefined : region;
}

/** What an arrow key makes of it: moved, or with `sized` wider and narrower; the middle when there was none. */
export function moved(region: Region | undefined, key: string, sized: boolean): Region | undefined {
  const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [];
  if (right === undefined || down === undefined) return undefined;
  if (!region) return { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
  if (sized) {
    return {
      ...region,
      width: Math.min(1 - region.x, Math.max(STEP, region.width + right * STEP)),
      height: Math.min(1 - region.y, Math.max(STEP, region.height + down * STEP)),
    };
  }
  return {
    ...region,
    x: Math.min(1 - region.width, Math.max(0, region.x + right * STEP)),
    y: Math.min(1 - region.height, Math.max(0, region.y + down * STEP)),
  };
}

/** In pixels of a picture of this size. */
export function pixels(region: Region, size: { width: number; height: number }): Region {
  return {
    x: Math.round(region.x * size.width),
    y: Math.round(region.y * size.height),
    width: Math.max(1, Math.round(region.width * size.width)),
    height: Math.max(1, Math.round(region.height * size.height)),
  };
}
