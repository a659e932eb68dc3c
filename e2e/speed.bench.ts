// `npm run ui:bench`: how smoothly the window moves. Measured in real Chromium without a graphics card, so a desktop is
// faster. Prints numbers; what is plainly broken fails.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { launch, PATIENCE, settled } from "./browser";

const home = inject("fake");
let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launch();
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(PATIENCE);
});
afterAll(async () => {
  await browser?.close();
});

interface Frames {
  median: number;
  p99: number;
  longest: number;
  count: number;
}

/** Milliseconds between frames while `during` runs in the page, called once a frame until it says that it is done. */
function frames(during: string): Promise<Frames> {
  return page.evaluate(async (source) => {
    const step = new Function("frame", source) as (frame: number) => boolean;
    const taken: number[] = [];
    await new Promise<void>((done) => {
      let before = performance.now();
      let frame = 0;
      const next = (now: number): void => {
        if (frame > 0) taken.push(now - before);
        before = now;
        if (step(frame++)) requestAnimationFrame(next);
        else done();
      };
      requestAnimationFrame(next);
    });
    taken.sort((a, b) => a - b);
    const at = (share: number): number => Math.round((taken[Math.min(taken.length - 1, Math.floor(taken.length * share))] ?? 0) * 10) / 10;
    return { median: at(0.5), p99: at(0.99), longest: at(1), count: taken.length };
  }, during);
}

function report(what: string, { median, p99, longest, count }: Frames): void {
  console.log(`${what}: median ${median} ms, 99 of 100 below ${p99} ms, longest ${longest} ms (${count} frames)`);
}

it("scrolls through 10,000 messages", async () => {
  await page.goto(`${home}/?big&pace=0#/chat`);
  await settled(page);
  const list = page.getByRole("navigation", { name: "Conversations" });
  await page.getByRole("searchbox", { name: "Search conversations" }).fill("Question 1");
  const begun = Date.now();
  await list.getByRole("button", { name: /Question 1$/ }).first().click();
  await page.locator("[data-found]").waitFor();
  console.log(`all 10,000 loaded, from the newest to the oldest: ${Date.now() - begun} ms`);
  // Only what is near the eye is on the page.
  expect(await page.locator("[data-message]").count()).toBeLessThan(200);
  const region = '[role="region"][aria-label="Messages"]';
  // 120 px a frame, as with a wheel that is turned fast; then far jumps, as with the bar.
  const wheel = await frames(`const node = document.querySelector('${region}'); node.scrollTop += 120; return frame < 240;`);
  report("scrolling by the wheel", wheel);
  const bar = await frames(`const node = document.querySelector('${region}'); node.scrollTop = ((frame * 7919) % 100) / 100 * node.scrollHeight; return frame < 60;`);
  report("jumping with the bar", bar);
  expect(wheel.median).toBeLessThan(50);
});

/** Milliseconds between frames from a message that is sent to the end of its answer, both included. */
async function answered(message: string): Promise<Frames> {
  await page.goto(`${home}/?pace=5#/chat`);
  await settled(page);
  await page.getByRole("textbox", { name: "Message Luna" }).fill(message);
  // A person reads before they send.
  await page.waitForTimeout(1_500);
  const measured = frames(`
    const send = document.querySelector('button[aria-label="Send"]');
    if (frame === 10) send.click();
    return frame < 60 || send === null;`);
  return measured;
}

it.each([
  ["plain text", "tell me something long"],
  ["titles, tables and code", "read me the handbook"],
])("streams %s at 200 tokens a second", async (what, message) => {
  const taken = await answered(message);
  report(`an answer of ${what}, from its question to its end`, taken);
  expect(taken.count).toBeGreaterThan(100);
});

it("types while an answer streams in", async () => {
  await page.goto(`${home}/?pace=5#/chat`);
  await settled(page);
  const box = page.getByRole("textbox", { name: "Message Luna" });
  await box.fill("tell me something long");
  await box.press("Enter");
  await page.getByRole("article", { name: "Luna said" }).getByText("Paragraph 2.").waitFor();
  const streaming = frames("return frame < 180;");
  const paints: number[] = [];
  for (let key = 0; key < 20; key += 1) {
    paints.push(
      await page.evaluate(async () => {
        const node = document.querySelector("textarea");
        if (!node) throw new Error("no box");
        const begun = performance.now();
        node.value += "x";
        node.dispatchEvent(new InputEvent("input", { bubbles: true, data: "x" }));
        await new Promise<void>((painted) => requestAnimationFrame(() => setTimeout(painted)));
        return performance.now() - begun;
      }),
    );
  }
  const sorted = paints.sort((a, b) => a - b);
  report("frames at 200 tokens a second", await streaming);
  console.log(`from a key to its paint meanwhile: median ${(sorted[10] ?? 0).toFixed(1)} ms, longest ${(sorted[19] ?? 0).toFixed(1)} ms`);
  expect(sorted[10]).toBeLessThan(200);
});
