import { expect, it } from "vitest";
import { perFrame } from "./frames";

/** Frames that happen when the test says so. */
function frames(): { schedule: (run: () => void) => void; next: () => void; wanted: () => number } {
  let waiting: (() => void)[] = [];
  return {
    schedule: (run) => waiting.push(run),
    next: () => {
      const now = waiting;
      waiting = [];
      for (const run of now) run();
    },
    wanted: () => waiting.length,
  };
}
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

it("hands on once a frame, in order, and the rest at the end", async () => {
  const clock = frames();
  const batches: number[][] = [];
  let release: () => void = () => undefined;
  async function* source(): AsyncGenerator<number> {
    yield 1;
    yield 2;
    await new Promise<void>((resolve) => (release = resolve));
    yield 3;
  }
  const done = perFrame(source(), (items) => batches.push(items), clock.schedule);
  await settle();
  expect(clock.wanted()).toBe(1);
  expect(batches).toEqual([]);
  clock.next();
  expect(batches).toEqual([[1, 2]]);
  release();
  await done;
  expect(batches).toEqual([[1, 2], [3]]);
  clock.next();
  expect(batches).toHaveLength(2);
});

it("hands on what came before a failure, then fails", async () => {
  const batches: number[][] = [];
  async function* source(): AsyncGenerator<number> {
    yield 1;
    throw new Error("cut");
  }
  await expect(perFrame(source(), (items) => batches.push(items), frames().schedule)).rejects.toThrow("cut");
  expect(batches).toEqual([[1]]);
});
