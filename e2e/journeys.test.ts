// What people do, with the keyboard where it matters, on the UI's in-memory core and under the server's own content policy.
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { settled } from "./browser";
import { forgive, open, page, visitInEachTest } from "./visit";

visitInEachTest();

const box = () => page.getByRole("textbox", { name: "Message Luna" });

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
    await page.getByText(/^A question for you/).waitFor({ state: "detached" });
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

  it("tells of a question wherever the user is", async () => {
    await open("#/chat", { pace: 40 });
    await say("push it");
    await page.getByRole("link", { name: "Memory", exact: true }).click();
    const notices = page.getByRole("region", { name: "Notices" });
    await notices.getByText(/^A question for you: Run a command/).waitFor();
    await notices.getByRole("button", { name: "Answer" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Deny" }).click();
    await notices.getByText(/^A question for you/).waitFor({ state: "detached" });
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
    await open("#/chat", { pace: 20 });
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

  it("has loaded what formulas need before one comes", async () => {
    await open("#/chat");
    const loaded = (): Promise<string[]> => page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    await expect.poll(loaded).toContainEqual(expect.stringMatching(/katex.*\.js/i));
    await expect.poll(loaded).toContainEqual(expect.stringMatching(/KaTeX_Math.*\.woff2/));
  });

  it("draws formulas and diagrams, and shows HTML without letting it run", async () => {
    await open("#/chat");
    await say("show me math");
    const said = page.getByRole("article", { name: "Luna said" });
    await said.locator(".katex-display").waitFor();
    await said.locator("p .katex").first().waitFor();
    await said.getByRole("img", { name: /^Diagram: graph LR/ }).waitFor();
    await said.getByRole("button", { name: "Show as a page" }).click();
    const frame = said.locator("iframe");
    await frame.waitFor();
    expect(await frame.getAttribute("sandbox")).toBe("");
    await page.frameLocator("iframe").getByText("A page of its own").waitFor();
    expect(await page.evaluate(() => "owned" in window)).toBe(false);
    // The frame says that it may not run the script; that is the point.
    forgive("sandboxed");
  });

  it("makes a plan in the conversation and runs it there", async () => {
    await open("#/chat");
    await say("plan to create a folder called photos and list it");
    const card = page.getByRole("region", { name: /create a folder called photos/ });
    await card.getByRole("button", { name: "Run 2 steps" }).click();
    await card.getByText("Completed · 42 ms").nth(1).waitFor();
    await card.getByText("Timeline").waitFor();
  });

  it("says a message otherwise in a branch, and goes on from an answer in another", async () => {
    await open("#/chat/c1");
    await page.getByText("are free again").waitFor();
    await page.getByRole("article", { name: "You" }).last().getByRole("button", { name: "Edit and send again" }).click();
    await page.getByText("What you send now begins a branch").waitFor();
    await box().fill("No, leave it as it is.");
    await box().press("Enter");
    await answer("Here is what I have on").waitFor();
    expect(page.url()).not.toContain("#/chat/c1");
    await page.getByText("Two folders hold most of it").waitFor();
    expect(await page.getByText("are free again").count()).toBe(0);

    // Another address, so that the in-memory core begins anew.
    await open("#/chat/c1", { query: "anew&" });
    await page.getByText("are free again").waitFor();
    await page.getByRole("article", { name: "Luna said" }).first().getByRole("button", { name: "Go on from here in a branch" }).click();
    await expect.poll(() => page.url()).not.toContain("#/chat/c1");
    await page.getByText("Two folders hold most of it").waitFor();
    expect(await page.getByText("are free again").count()).toBe(0);
  });

  it("asks another model the same", async () => {
    await open("#/chat/c1");
    await page.getByText("are free again").waitFor();
    await page.getByRole("article", { name: "Luna said" }).last().getByRole("button", { name: "Ask again" }).click();
    await page.getByRole("menuitem", { name: /^Ask Built-in/ }).click();
    await answer("Here is what I have on").waitFor();
    expect(await page.getByRole("article", { name: "You" }).last().textContent()).toContain("Yes, clear it.");
  });

  it("puts an attached text file into the workspace", async () => {
    await open("#/chat");
    await box().evaluate((node) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["name,size\nraw,38\n"], "sizes.csv", { type: "text/csv" }));
      node.dispatchEvent(new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
    });
    await page.getByRole("list", { name: "1 file attached" }).getByText("sizes.csv").waitFor();
    await say("what is in it?");
    await page.getByRole("article", { name: "You" }).getByText("attachments/sizes.csv").waitFor();
    await page.goto(page.url().replace(/#.*/, "#/agent/workspace"));
    await page.getByRole("button", { name: "sizes.csv" }).waitFor();
  });

  it("finds a message far up and shows it", async () => {
    await open("#/chat", { query: "big&" });
    const list = page.getByRole("navigation", { name: "Conversations" });
    await page.getByRole("searchbox", { name: "Search conversations" }).fill("needle");
    await list.getByRole("button", { name: /Question 4501, the needle/ }).click();
    await page.locator("[data-found]").waitFor();
    expect(await page.locator("[data-found]").textContent()).toContain("needle");
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

  it("says what it would do without doing it", async () => {
    await plan("delete the folder called old and list it");
    await page.getByRole("button", { name: "Dry run" }).click();
    await page.getByText("Nothing was run. 1 step would change something.").waitFor();
    await page.getByText("/home/ada/old").waitFor();
    expect(await page.getByText("Completed").count()).toBe(0);
  });

  it("runs steps one by one, each after its own yes", async () => {
    await plan("create a folder called photos, list it and show how full the disk is");
    await page.getByRole("button", { name: "One by one" }).click();
    await page.getByRole("heading", { name: "Next step: Create the folder photos" }).waitFor();
    expect(await page.getByText("Completed · 42 ms").count()).toBe(0);
    await page.getByRole("button", { name: "Run this step" }).click();
    await page.getByRole("heading", { name: "Next step: List what is here" }).waitFor();
    await page.getByRole("button", { name: "Skip it" }).click();
    await page.getByRole("button", { name: "Run this step" }).click();
    await page.getByRole("button", { name: "Plan again" }).waitFor();
    await expect.poll(() => page.getByText("Completed · 42 ms").count()).toBe(2);
    await page.getByRole("button", { name: "Run again" }).click();
    await page.getByRole("button", { name: "Run 3 steps" }).waitFor();
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

describe("agent", () => {
  it("sets several tools at once, and back", async () => {
    await open("#/agent/tools");
    await page.getByRole("checkbox", { name: "Choose read_file" }).check();
    await page.getByRole("checkbox", { name: "Choose list_files" }).check();
    await page.getByRole("group", { name: "2 tools chosen" }).getByRole("button", { name: "Block" }).click();
    await expect.poll(() => page.getByText("changed", { exact: true }).count()).toBe(3);
    await page.getByRole("checkbox", { name: "Select all" }).check();
    await page.getByRole("button", { name: "As at first" }).click();
    await expect.poll(() => page.getByText("changed", { exact: true }).count()).toBe(0);
  });

  it("makes a rule from the tester", async () => {
    await open("#/agent/rules");
    await page.getByRole("textbox", { name: "What would happen to this command?" }).fill("npm publish");
    await page.getByText("From now on").waitFor();
    await page.getByRole("button", { name: "Block" }).click();
    await page.getByText("commands that begin with “npm publish”").waitFor();
  });

  it("saves a file with the keyboard, and takes it back", async () => {
    await open("#/agent/workspace");
    await page.getByRole("button", { name: "ideas.md" }).click();
    const editor = page.getByRole("textbox", { name: "Content of notes/ideas.md" });
    await editor.click();
    await page.keyboard.press("Control+End");
    await page.keyboard.type("- moonlight");
    await page.getByText("Not saved yet").waitFor();
    await page.keyboard.press("Control+s");
    await page.getByText("Saved notes/ideas.md").waitFor();
    await page.getByRole("region", { name: "Notices" }).getByRole("button", { name: "Undo" }).click();
    await page.getByText(/^Undone: /).waitFor();
    await expect.poll(() => editor.textContent()).not.toContain("moonlight");
  });

  it("filters the log and exports all of it", async () => {
    await open("#/agent/audit");
    await page.getByRole("combobox", { name: "Result" }).selectOption("blocked");
    await page.getByRole("button", { name: /never run/ }).waitFor();
    await expect.poll(() => page.locator("main [data-row]").count()).toBe(1);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export" }).click();
    const file = await (await download).path();
    const lines = (await readFile(file, "utf8")).trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([...lines.keys()]);
  });

  it("starts a failed task again", async () => {
    await open("#/agent/tasks");
    const plumber = page.getByRole("article", { name: "Find a plumber's opening hours" });
    await plumber.getByRole("button", { name: "Start again" }).click();
    await expect.poll(() => plumber.count()).toBe(2);
    await plumber.first().getByRole("button", { name: "Stop this task" }).waitFor();
  });
});

describe("memory", () => {
  it("shows how facts connect, and opens one from the palette", async () => {
    await open("#/memory/graph");
    await page.getByRole("button", { name: "As a list" }).click();
    await page.getByRole("button", { name: "user works as a carpenter in Porto" }).click();
    await page.getByText("Why she remembers this").waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("peanuts");
    await page.getByRole("option", { name: /allergic to peanuts/ }).click();
    await page.getByRole("complementary", { name: "Fact" }).getByText("user is allergic to peanuts").waitFor();
  });
});

describe("the palette", () => {
  const asking = () => page.getByRole("combobox", { name: "Search and commands" });
  const found = (name: string) => page.getByRole("option", { name: new RegExp(`${name.replace(/[^\w ]/g, ".")}$`) }).first();

  it("goes to every section of every screen, which says that it is there", async () => {
    await open("#/chat");
    const screens = page.getByRole("navigation", { name: "Main" }).locator("a:visible");
    const places: string[] = [];
    for (const screen of await screens.all()) {
      await screen.click();
      await settled(page);
      const sections = page.getByRole("navigation", { name: "Sections" });
      const names = (await sections.isVisible()) ? await sections.locator("a > span:first-of-type").allTextContents() : [];
      const screenName = (await screen.getAttribute("aria-label")) ?? "";
      places.push(...(names.length > 0 ? names.map((name) => `${screenName}: ${name}`) : [screenName]));
    }
    expect(places.length).toBeGreaterThan(25);
    for (const place of places) {
      await page.keyboard.press("Control+k");
      await asking().fill(place);
      await found(place).click();
      await page.locator('[aria-current="page"]').getByText(place.split(": ").at(-1) ?? "").or(page.locator(`[aria-current="page"][aria-label="${place}"]`)).first().waitFor();
    }
  });

  it("finds every setting by the name it has on its page, and brings it into sight", async () => {
    await open("#/settings");
    const sections = page.getByRole("navigation", { name: "Sections" }).getByRole("link");
    const names: string[] = [];
    for (const section of await sections.all()) {
      await section.click();
      await expect.poll(() => page.locator("main").getByRole("status", { name: "Loading" }).count()).toBe(0);
      // What is named beside its control, not above a field of a form.
      names.push(...(await page.locator("main label[for]").allTextContents()));
    }
    expect(names.length).toBeGreaterThan(30);
    await page.keyboard.press("Control+k");
    for (const name of names) {
      await asking().fill(`settings ${name}`);
      await found(name).waitFor();
    }
    // What fitted the words before is not chosen in place of what fits these.
    await asking().fill("peanuts");
    await page.getByRole("option", { name: /allergic to peanuts/ }).waitFor();
    await asking().fill("loudspeaker");
    await page.keyboard.press("Enter");
    await page.locator("main select:focus").waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("loudspeaker");
  });
});

describe("settings", () => {
  it("backs up, exports, and deletes all only after it was typed", async () => {
    await open("#/settings/storage");
    await page.getByRole("button", { name: "Back up now" }).click();
    await page.getByText("Backup made (1.2 MB)").waitFor();
    await page.getByRole("button", { name: "Export all" }).click();
    await page.getByRole("status").getByText("luna-now.zip").waitFor();
    await page.getByRole("button", { name: "Delete all" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.getByRole("button", { name: "Delete all" }).isDisabled()).toBe(true);
    await dialog.getByRole("textbox").fill("delete everything");
    await dialog.getByRole("button", { name: "Delete all" }).click();
    await page.waitForLoadState("load");
    await settled(page);
  });

  it("switches a module off", async () => {
    await open("#/settings/modules");
    const web = page.getByRole("switch", { name: "Web" });
    await web.click();
    await expect.poll(() => web.isChecked()).toBe(false);
    await page.getByRole("link", { name: "Appearance" }).click();
    await page.getByRole("switch", { name: "Less motion" }).click();
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset["motion"])).toBe("reduced");
  });
});

describe("everywhere", () => {
  it("is not to be disturbed, goes to bed and is back, without a mouse", async () => {
    await open("#/today/week");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("disturb");
    await page.keyboard.press("Enter");
    const sign = page.getByRole("link", { name: "Do not disturb" });
    await sign.waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("going to bed");
    await page.keyboard.press("Enter");
    const night = page.getByRole("dialog", { name: "Good night" });
    await night.waitFor();
    await page.keyboard.press("Escape");
    await night.waitFor({ state: "hidden" });
    await sign.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("switch", { name: "Do not disturb" }).press(" ");
    await sign.waitFor({ state: "hidden" });
  });

  it("has less of a kind of message and all of it again", async () => {
    await open("#/settings/initiative");
    await page.getByRole("button", { name: "Less of this: What the day brings" }).click();
    await page.getByText("Every other day at most").first().waitFor();
    await page.getByRole("button", { name: "As before: What the day brings" }).click();
    await expect.poll(() => page.getByRole("button", { name: "As before: What the day brings" }).count()).toBe(0);
  });

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
    await open("", { query: "offline&" });
    await page.getByText("Start it with “luna serve” in a terminal").waitFor();
    await page.getByRole("button", { name: "Try now" }).waitFor();
  });
});

describe("with the keyboard alone", () => {
  /** Presses Tab until a control of this name has the focus; every stop on the way must be seen and named. */
  async function tabTo(name: RegExp, most = 60): Promise<void> {
    for (let press = 0; press < most; press += 1) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const node = document.activeElement;
        if (!node || node === document.body) return undefined;
        const labelled = node.getAttribute("aria-labelledby");
        const label =
          node.getAttribute("aria-label") ??
          (labelled ? document.getElementById(labelled)?.textContent : null) ??
          (node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement || node instanceof HTMLSelectElement ? [...(node.labels ?? [])].map((one) => one.textContent).join(" ") : null) ??
          "";
        const { width, height } = node.getBoundingClientRect();
        return { name: `${label} ${node.textContent ?? ""} ${node.getAttribute("title") ?? ""}`.trim(), seen: width > 0 && height > 0, html: node.outerHTML.slice(0, 160) };
      });
      if (!at) continue;
      expect(at.seen, at.html).toBe(true);
      expect(at.name, at.html).not.toBe("");
      if (name.test(at.name)) return;
    }
    throw new Error(`Tab does not lead to ${String(name)}`);
  }

  it("plans, runs and takes back", async () => {
    await open("#/run");
    await tabTo(/What should be done, in words/);
    await page.keyboard.type("create a folder called photos");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Reject the plan" }).waitFor();
    await tabTo(/^Run 1 step/);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Undo file changes" }).waitFor();
    await tabTo(/^Undo file changes/);
    await page.keyboard.press("Enter");
    await page.getByText("Brought back photos").waitFor();
  });

  it("adds a fact and forgets it", async () => {
    await open("#/memory/facts");
    await page.getByText("allergic to peanuts").waitFor();
    await tabTo(/^Add a fact/);
    await page.keyboard.press("Enter");
    await page.locator("main input:focus[placeholder]").waitFor();
    await page.keyboard.type("I sing in a choir");
    await page.keyboard.press("Enter");
    await page.getByText("Why she remembers this").waitFor();
    await tabTo(/^Forget/);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await tabTo(/^Forget/);
    await page.keyboard.press("Enter");
    await page.getByText("I sing in a choir").first().waitFor({ state: "detached" });
  });

  it("blocks a tool and changes the theme", async () => {
    await open("#/agent/tools");
    await page.getByText("run_command", { exact: true }).waitFor();
    await tabTo(/Choose read_file/);
    await page.keyboard.press("Space");
    await tabTo(/Allow$/);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Control+k");
    await page.locator("[role=combobox]:focus").waitFor();
    await page.keyboard.type("theme dark");
    await page.getByRole("option", { name: "Theme: Dark" }).waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset["theme"])).toBe("dark");
  });
});

describe("the first start", () => {
  it("asks four short things and begins with one of three tries", async () => {
    await open("", { query: "fresh&" });
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
    await open("", { query: "fresh&" });
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
