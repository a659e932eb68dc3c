// A page of its own for each test of a file, on the UI's in-memory core, that complains of nothing. Knows nothing of what is
// tested.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from "vitest";
import { complaints, launch, PATIENCE, settled } from "./browser";

/** The page of the test that runs. */
export let page: Page;

let found: string[];

/** Gives each test of this file its page, and looks afterwards that it complained of nothing. */
export function visitInEachTest(): void {
  let browser: Browser;
  let context: BrowserContext;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ["clipboard-read", "clipboard-write"] });
    context.setDefaultTimeout(PATIENCE);
    page = await context.newPage();
    found = complaints(page, inject("fake"));
  });
  afterEach(async () => {
    await context.close();
    expect(found).toEqual([]);
  });
}

/** Goes to a screen: `#/chat`. What the core streams comes `pace` milliseconds apart; `query` is for the core as well. */
export async function open(at: string, { pace = 2, query = "" } = {}): Promise<void> {
  await page.goto(`${inject("fake")}/?${query}pace=${pace}${at}`);
  await settled(page);
}

/** Complaints that say this are what the test is about. */
export function forgive(text: string): void {
  found = found.filter((complaint) => !complaint.includes(text));
}
