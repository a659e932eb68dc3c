// A start while the program that runs is told to end: it was asked for, so there is a Luna afterwards, however close it was.
import { spawn } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { until } from "./driver";
import { Place } from "./program";
import { isOver, processOf, seen } from "./screen";

let place: Place;

beforeAll(async () => {
  place = await Place.make();
  await place.start();
  await place.call("settings.patch", { patch: { onboarded: true, user_name: "Ada" } });
});
afterAll(async () => {
  await end(await processOf(place.data));
  await place?.remove();
});

async function end(pid: number): Promise<void> {
  process.kill(pid, "SIGTERM");
  await until("the end of the program", () => isOver(pid));
}

it.each([0, 5, 10, 20, 40, 80, 160, 320])("is not lost %i ms after the other was told to end", async (after) => {
  await until("the window", () => seen("Luna"));
  const before = await processOf(place.data);
  process.kill(before, "SIGTERM");
  await new Promise((later) => setTimeout(later, after));
  spawn(place.program, [], { env: place.environment, stdio: "inherit" });
  const now = await until("another Luna", async () => {
    const pid = await processOf(place.data).catch(() => before);
    return pid !== before && pid;
  });
  await until("her answer", () => place.call("hello", {}).catch(() => undefined));
  await until("the end of the other", () => isOver(before));
  expect(await isOver(now)).toBe(false);
});
