// The calendar in use, on the UI's in-memory core.
import type { Locator } from "playwright-core";
import { expect, it } from "vitest";
import { open, page, visitInEachTest } from "./visit";

visitInEachTest();

const strip = () => page.getByRole("group", { name: "Days of this week" });
const region = () => page.getByRole("region", { name: "Week" });
const left = (): Promise<number> => region().evaluate((node) => node.scrollLeft);

/** The week on a phone; the core's events lie around today. */
async function onAMonday(): Promise<void> {
  await page.clock.setFixedTime(new Date(2026, 10, 23, 9, 30));
  await page.setViewportSize({ width: 390, height: 800 });
  await open("#/today/week");
}

/** Waits until so many days have gone by at the left. */
async function stands(at: number): Promise<void> {
  await expect.poll(() => region().evaluate((node, days) => Math.abs(node.scrollLeft - (days * (node.scrollWidth - 52)) / 7), at)).toBeLessThan(2);
}

/** Waits until the days have come to rest. */
async function atRest(): Promise<void> {
  let before = -1;
  const moves = async (): Promise<boolean> => {
    const [last, now] = [before, await left()];
    before = now;
    return last !== now;
  };
  await expect.poll(moves, { interval: 250 }).toBe(false);
}

/** Moves a finger over the page, from where it is put down. */
async function finger(x: number, y: number, by: [x: number, y: number][], held: () => Promise<void> = async () => undefined): Promise<void> {
  const touch = await page.context().newCDPSession(page);
  await touch.send("Emulation.setTouchEmulationEnabled", { enabled: true });
  await touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x, y }] });
  await held();
  for (const [dx, dy] of by) await touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [{ x: x + dx, y: y + dy }] });
  await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
}

async function middle(of: Locator): Promise<{ x: number; y: number }> {
  const box = await of.boundingBox();
  if (!box) throw new Error("it has no place");
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

it("shows a week on a phone by some days at a time", async () => {
  await onAMonday();
  const event = page.getByRole("button", { name: /^Dentist/ });
  await event.waitFor();
  expect((await event.boundingBox())?.width).toBeGreaterThan(80);

  await strip().getByRole("button").first().click();
  await stands(0);
  await strip().getByRole("button").nth(3).click();
  await stands(3);
  // A jump goes no further than to the end of the week.
  await strip().getByRole("button").last().click();
  await expect.poll(async () => (await region().evaluate((node) => node.scrollWidth - node.clientWidth - node.scrollLeft)) < 2).toBe(true);

  await page.getByRole("button", { name: "Later" }).click();
  await expect.poll(left).toBe(0);
});

it("goes through the days of a week with a finger or the keys, and opens what is tapped", async () => {
  await onAMonday();
  const event = page.getByRole("button", { name: /^Dentist/ });
  await event.waitFor();
  await strip().getByRole("button").first().click();
  await stands(0);

  // A swipe that begins on an event moves the days, not the event.
  const { x, y } = await middle(event);
  await finger(x, y, [[-30, 0], [-60, 0], [-90, 0], [-120, 0]]);
  await expect.poll(left).toBeGreaterThan(60);
  await atRest();
  expect(await page.getByRole("button", { name: "Undo" }).count()).toBe(0);

  await strip().getByRole("button").first().click();
  await stands(0);
  await finger(x, y, []);
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });

  await strip().getByRole("button").first().click();
  await stands(0);
  await region().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect.poll(left).toBeGreaterThan(60);
});

it("moves an event that a finger holds", async () => {
  await onAMonday();
  const event = page.getByRole("button", { name: /^Dentist/ });
  await event.waitFor();
  await strip().getByRole("button").first().click();
  await stands(0);
  const { x, y } = await middle(event);
  const taken = (): Promise<void> => expect.poll(() => event.getAttribute("class")).toContain("shadow-float");
  await finger(x, y, [[0, 13], [0, 26], [0, 39], [0, 52]], taken);
  await page.getByText("“Dentist” was changed").waitFor();
  await expect.poll(async () => (await middle(event)).y).toBeCloseTo(y + 52, 0);
  expect(await page.getByRole("dialog").count()).toBe(0);
});
