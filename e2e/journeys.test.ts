// What people do, with the keyboard where it matters, on the UI's in-memory core and under the server's own content policy.
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { complaints, launch, PATIENCE, settled } from "./browser";

const home = inject("fake");
let browser: Browser;
let context: BrowserContext;
let page: Page;
let found: string[];

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
  found = complaints(page, home);
});
afterEach(async () => {
  await context.close();
  expect(found).toEqual([]);
});

const box = () => page.getByRole("textbox", { name: "Message Luna" });

async function open(at: string, query = ""): Promise<void> {
  await page.goto(`${home}/?pace=2&${query}${at}`);
  await settled(page);
}

/** Text of an answer, as it is read on the page. */
const answer = (text: string) => page.getByRole("article", { name: "Luna said" }).getByText(text);

async function say(text: string): Promise<void> {
  await box().fill(text);
  await box().press("Enter");
}

describe("chat", () => {
  it("streams an answer, makes a conversation of it and names the window after it", async () => {
    await open("#/chat");
    await say("remember that my cat is called Biscuit");
    await answer("I will remember that my cat is called Biscuit.").waitFor();
    expect(page.url()).toMatch(/#\/chat\/[0-9a-f-]{36}$/);
    await expect.poll(() => page.title()).toContain("remember that my cat");
    await page.locator("summary", { hasText: "Remembered" }).waitFor();
  });

  it("allows with the keyboard, and something dangerous only with a second press", async () => {
    await open("#/chat");
    await say("delete the old downloads");
    const deny = page.getByRole("button", { name: "Deny" });
    await deny.waitFor();
    await expect.poll(() => deny.evaluate((node) => node === document.activeElement)).toBe(true);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Press again to allow" }).waitFor();
    expect(await answer("Done.").count()).toBe(0);
    await page.keyboard.press("Enter");
    await answer("Done.").last().waitFor();
    await page.getByText("Allowed", { exact: true }).waitFor();
  });

  it("denies", async () => {
    await open("#/chat");
    await say("push it");
    await page.getByRole("button", { name: "Deny" }).click();
    await answer("All right, I left everything as it was.").waitFor();
  });

  it("makes a rule of “allow from now on”", async () => {
    await open("#/chat");
    await say("push it");
    await page.getByRole("button", { name: "Allow from now on" }).click();
    await answer("Done.").last().waitFor();
    await page.getByRole("link", { name: "Agent" }).click();
    await page.getByRole("link", { name: "Rules" }).click();
    await page.getByText("commands that begin with “git push”").waitFor();
  });

  it("shows a question wherever one is, and answers it there", async () => {
    await open("#/chat");
    await say("push it");
    await page.getByRole("button", { name: "Deny" }).waitFor();
    await page.getByRole("link", { name: "Memory", exact: true }).click();
    await page.getByRole("button", { name: "1 question waits for you" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Deny" }).click();
    await page.getByText("Nothing waits for an answer.").waitFor();
  });

  it("stops with Escape and keeps what was said", async () => {
    await open("#/chat", "pace=20&");
    await say("tell me something long");
    await answer("Paragraph 2.").waitFor();
    await page.keyboard.press("Escape");
    await answer("· Stopped").waitFor({ state: "attached" });
    expect(await answer("Paragraph 1.").count()).toBe(1);
    expect(await answer("Paragraph 60.").count()).toBe(0);
  });

  it("follows a long answer, and lets go when the reader scrolls up", async () => {
    await open("#/chat");
    await say("tell me something long");
    await answer("Paragraph 30.").waitFor();
    const region = page.getByRole("region", { name: "Messages" });
    const gap = (): Promise<number> => region.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight);
    await expect.poll(gap).toBeLessThan(60);
    await region.evaluate((node) => node.scrollTo({ top: 0 }));
    await answer("Paragraph 60.").waitFor();
    expect(await gap()).toBeGreaterThan(200);
    await page.getByRole("button", { name: "To the newest message" }).click();
    await expect.poll(gap).toBeLessThan(60);
  });

  it("opens at the newest message", async () => {
    await open("#/chat/c1");
    await page.getByText("are free again").waitFor();
    const region = page.getByRole("region", { name: "Messages" });
    await expect.poll(() => region.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight)).toBeLessThan(2);
  });

  it("keeps a draft over a reload, and brings the last message back with the up key", async () => {
    await open("#/chat/c1");
    await box().fill("half a thought");
    await page.reload();
    await expect.poll(() => box().inputValue()).toBe("half a thought");
    await box().fill("");
    await page.getByText("are free again").waitFor();
    await box().press("ArrowUp");
    expect(await box().inputValue()).toBe("Yes, clear it. And write down what you did.");
  });

  it("attaches a pasted picture", async () => {
    await open("#/chat");
    await box().evaluate((node) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array([137, 80, 78, 71])], "shot.png", { type: "image/png" }));
      node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
    });
    await page.getByRole("list", { name: "1 image attached" }).waitFor();
    await page.getByRole("button", { name: "Remove this image" }).click();
    expect(await page.getByRole("list", { name: "1 image attached" }).count()).toBe(0);
  });

  it("renames, pins, searches, deletes and brings back a conversation", async () => {
    await open("#/chat");
    const list = page.getByRole("navigation", { name: "Conversations" });
    const row = (name: string) => list.getByRole("button", { name, exact: true });
    await row("Reading list").hover();
    await list.getByRole("button", { name: "More actions: Reading list" }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await list.getByRole("textbox", { name: "Title" }).fill("Books");
    await page.keyboard.press("Enter");
    await row("Books").waitFor();

    await row("Books").hover();
    await list.getByRole("button", { name: "More actions: Books" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await row("Books").waitFor({ state: "detached" });
    await page.getByRole("region", { name: "Notices" }).getByRole("button", { name: "Undo" }).click();
    await row("Books").waitFor();

    await page.getByRole("searchbox", { name: "Search conversations" }).fill("nearly full");
    await list.getByText("In messages").waitFor();
    await list.getByRole("button", { name: /Why is the disk full/ }).click();
    await page.getByText("are free again").waitFor();
  });

  it("exports a conversation", async () => {
    await open("#/chat/c1");
    const list = page.getByRole("navigation", { name: "Conversations" });
    await list.getByRole("button", { name: "Why is the disk full", exact: true }).hover();
    await list.getByRole("button", { name: "More actions: Why is the disk full" }).click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: "Export as Markdown" }).click();
    expect((await download).suggestedFilename()).toBe("conversation.md");
  });
});

describe("run", () => {
  async function plan(words: string): Promise<void> {
    await open("#/run");
    await page.getByRole("textbox", { name: "What should be done, in words" }).fill(words);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Reject the plan" }).waitFor();
  }

  it("judges an edit as it is typed, and runs only what was approved", async () => {
    await plan("create a folder called photos, list it and show how full the disk is");
    const first = page.getByRole("textbox", { name: "Command of step 1" });
    await first.fill("rm -rf /");
    await page.getByText("Blocked").waitFor();
    expect(await page.getByRole("checkbox", { name: "Include step 1" }).isChecked()).toBe(false);
    await page.getByRole("button", { name: "Run 2 steps" }).click();
    await page.getByRole("button", { name: "Plan again" }).waitFor();
    await page.getByText("Not run").waitFor();
    expect(await page.getByText("Completed · 42 ms").count()).toBe(2);
  });

  it("asks once more before a dangerous step", async () => {
    await plan("delete the folder called old");
    await page.getByRole("checkbox", { name: "Include step 1" }).check();
    await page.getByRole("button", { name: "Run 1 step" }).click();
    await page.getByRole("dialog").getByText("One of these steps is dangerous").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Run 1 step" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Run them" }).click();
    await page.getByRole("button", { name: "Undo file changes" }).click();
    await page.getByText("Brought back old").waitFor();
  });

  it("answers a question in the terminal", async () => {
    await plan("ask my name");
    await page.getByRole("button", { name: "Run 1 step" }).click();
    await page.locator(".xterm-rows").getByText("Name:").waitFor();
    await page.locator(".xterm-helper-textarea").focus();
    await page.keyboard.type("A");
    await page.getByRole("button", { name: "Plan again" }).waitFor();
    await page.getByRole("button", { name: /Ask a question/ }).click();
    await page.locator(".xterm-rows").getByText("Name: A").waitFor();
  });

  it("rejects a plan and keeps its words", async () => {
    await plan("list it");
    await page.getByRole("button", { name: "Reject the plan" }).click();
    await page.getByText("Nothing was run").waitFor();
    expect(await page.getByRole("textbox", { name: "What should be done, in words" }).inputValue()).toBe("list it");
  });
});

describe("everywhere", () => {
  it("goes anywhere from the palette, without a mouse", async () => {
    await open("#/chat");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("audit");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Audit log" }).waitFor();
    await page.keyboard.press("Alt+2");
    await page.getByRole("heading", { name: "What should be done?" }).waitFor();
    await page.keyboard.press("Alt+4");
    await page.getByRole("searchbox", { name: "Search tools" }).waitFor();
    await page.keyboard.press("/");
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe("Search tools");
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "Tools" }).click();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor({ state: "detached" });
  });

  it("takes the last thing back with Ctrl+Z", async () => {
    await open("#/agent/undo");
    await page.getByText("Wrote notes/cleanup.md").waitFor();
    await page.keyboard.press("Control+z");
    await page.getByText("Undone: Wrote notes/cleanup.md (notes/cleanup.md)").waitFor();
  });

  it("moves through a list with the arrow keys", async () => {
    await open("#/chat");
    await page.getByRole("button", { name: "Packing list for Lisbon", exact: true }).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByText("are free again").waitFor();
  });

  it("changes theme and language at once, and keeps them", async () => {
    await open("#/settings/appearance");
    await page.getByText("High contrast", { exact: true }).click();
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset["theme"])).toBe("contrast");
    await page.getByRole("link", { name: "General" }).click();
    await page.getByRole("combobox", { name: "Language" }).selectOption("de");
    await page.getByRole("heading", { name: "Allgemein" }).waitFor();
    expect(await page.evaluate(() => document.documentElement.lang)).toBe("de");
  });

  it("says that the core is away, and what to do", async () => {
    await open("", "offline&");
    await page.getByText("Start it with “luna serve” in a terminal").waitFor();
    await page.getByRole("button", { name: "Try now" }).waitFor();
  });
});

describe("the first start", () => {
  it("asks four short things and begins with one of three tries", async () => {
    await open("", "fresh&");
    await page.getByRole("textbox", { name: "Your name" }).fill("Grace");
    await page.keyboard.press("Enter");
    await page.getByText("A provider with a key").click();
    await page.getByRole("textbox", { name: "API key" }).fill("bad key");
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("The provider refused this key").waitFor();
    await page.getByText("Start without a model").click();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "What is 15 % of 240?" }).click();
    await page.getByText("What can I do for you, Grace?").waitFor();
    expect(await box().inputValue()).toBe("What is 15 % of 240?");
  });

  it("can be skipped", async () => {
    await open("", "fresh&");
    await page.getByRole("button", { name: "Skip" }).click();
    await page.getByText("What can I do for you?").waitFor();
  });
});

it("adds a provider, tests it and uses it", async () => {
  await open("#/settings/models");
  await page.getByRole("button", { name: /^Anthropic/ }).click();
  await page.getByLabel("API key").fill("sk-test");
  await page.getByRole("button", { name: "Save key" }).click();
  await page.getByText("Key saved").waitFor();
  const card = page.getByRole("region", { name: "Anthropic" });
  await card.getByRole("button", { name: "Test" }).click();
  await card.getByText("Works").first().waitFor();
  await card.getByRole("button", { name: "Use this" }).click();
  await card.getByText("In use").waitFor();
});
