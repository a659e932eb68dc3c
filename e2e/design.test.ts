// The design page against its own rules: contrasts, sizes, radii and targets as they are really drawn, in each theme.
// With SHOTS=<folder> it also takes a picture of each.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { launch, PATIENCE, settled } from "./browser";

const SHOTS = process.env["SHOTS"];
const home = inject("fake");
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
});
afterAll(async () => {
  await browser?.close();
});

/** Contrast of every text on what it stands on (WCAG 2.2, relative luminance), with the names of both. */
function contrasts(page: Page): Promise<[pair: string, ratio: number][]> {
  return page.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("no canvas");
    const luminance = (colour: string): number => {
      context.fillStyle = "#fff";
      context.fillRect(0, 0, 1, 1);
      context.fillStyle = colour;
      context.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0] = [...context.getImageData(0, 0, 1, 1).data].map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (node: Element): string => {
      for (let at: Element | null = node; at; at = at.parentElement) {
        const colour = getComputedStyle(at).backgroundColor;
        if (colour !== "rgba(0, 0, 0, 0)" && colour !== "transparent") return colour;
      }
      return "#fff";
    };
    return [...document.querySelectorAll<HTMLElement>("[data-pair]")].map((node) => {
      const [light, dark] = [luminance(getComputedStyle(node).color), luminance(ground(node))].sort((a, b) => b - a);
      return [node.dataset["pair"] ?? "", ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)];
    });
  });
}

describe.each([
  ["light", "light", "no-preference"],
  ["dark", "dark", "no-preference"],
  ["contrast", "light", "more"],
  ["contrast", "dark", "more"],
] as const)("the design page, %s theme on a %s system", (theme, colorScheme, contrast) => {
  it("keeps its own rules", async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme, contrast, reducedMotion: "reduce" });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    try {
      await page.goto(`${home}/?pace=0&theme=${theme}#/design`);
      await settled(page);
      await page.getByRole("heading", { name: "Colour by role" }).waitFor();
      await page.evaluate(() => document.fonts.ready);

      const pairs = await contrasts(page);
      expect(pairs.length).toBe(22);
      const least = theme === "contrast" ? 7 : 4.5;
      // The coloured roles need not be darker than for everyone; what is read most must be.
      for (const [pair, ratio] of pairs) expect(ratio, pair).toBeGreaterThanOrEqual(/^text/.test(pair) ? least : 4.5);

      const sizes = await page.$$eval("[data-size]", (nodes) => nodes.map((node) => [node.getAttribute("data-size"), getComputedStyle(node).fontSize]));
      expect(sizes).toEqual([12, 13, 14, 16, 20, 28].map((size) => [String(size), `${size}px`]));
      const radii = await page.$$eval("[data-radius]", (nodes) => nodes.map((node) => [node.getAttribute("data-radius"), getComputedStyle(node).borderTopLeftRadius]));
      expect(radii).toEqual([6, 10, 14].map((radius) => [String(radius), `${radius}px`]));

      const small = await page.$$eval("main button, main input:not([type=checkbox]):not([type=radio]), main [role=switch]", (nodes) =>
        nodes.filter((node) => !node.closest("label") && (node.getBoundingClientRect().height < 32 && node.getAttribute("role") !== "switch")).map((node) => node.outerHTML.slice(0, 120)),
      );
      expect(small, "targets below 32 px").toEqual([]);

      // The fonts are our own, and really used.
      const fonts = await page.evaluate(() => ["14px 'Inter Variable'", "14px 'JetBrains Mono Variable'"].map((font) => document.fonts.check(font)));
      expect(fonts).toEqual([true, true]);
      if (SHOTS) await page.screenshot({ path: join(SHOTS, `design-${theme}-${colorScheme}.png`) });
    } finally {
      await context.close();
    }
  });
});
