// What people do in the workshop, with costs, webhooks, the registry and keys, on the UI's in-memory core.
import { describe, expect, it } from "vitest";
import { open, page, visitInEachTest } from "./visit";

visitInEachTest();

const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
const outcome = () => page.getByLabel("Outcome");

describe("agents", () => {
  it("are found by words; one works on while another screen is looked at, and stops when told", async () => {
    await open("#/workshop/agents", { pace: 60 });
    await page.getByRole("searchbox", { name: "Find an agent" }).fill("leak");
    await expect.poll(() => page.locator("main [data-row]").count()).toBe(1);
    await button(/^Code Review/).click();
    await page.getByRole("textbox", { name: /^code/ }).fill("def find(name): ...");
    await button("Run").click();
    await outcome().getByText("Do not merge").waitFor();
    await page.getByRole("link", { name: "Dashboard" }).click();
    await page.getByRole("link", { name: "Workshop" }).click();
    await outcome().getByText("works", { exact: true }).waitFor();
    await button("Cancel").click();
    await outcome().getByText("stopped", { exact: true }).waitFor();
    expect(await outcome().getByText("its callers were not shown").count()).toBe(0);
    expect(await button("Run").isEnabled()).toBe(true);
  });

  it("work in a row of one's own, in the order that was chosen", async () => {
    await open("#/workshop/chains");
    await button("Add a step").click();
    await button("Add a step").click();
    await page.getByLabel("Agent of step 1").selectOption("documentation");
    await page.getByLabel("Agent of step 2").selectOption("code-review");
    await button("Move step 2 up").click();
    await page.getByRole("textbox", { name: "What it is about" }).fill("def find(name): ...");
    await button("Run the chain").click();
    const names = outcome().locator("summary");
    await expect.poll(() => names.filter({ hasText: "done" }).count()).toBe(2);
    expect(await names.first().innerText()).toContain("1. Code Review");
  });
});

it("reviews code, tells what is said meanwhile, says why it is refused, and shows the line", async () => {
  await open("#/workshop/room", { pace: 40 });
  await page.getByRole("textbox", { name: "What is proposed" }).fill("Look somebody up");
  await page.getByRole("textbox", { name: "Code" }).fill(`${"\n".repeat(1)}cursor.execute("SELECT 1 WHERE x = '" + name + "'")\n`);
  await button("Begin the review").click();
  const hearing = page.getByRole("list", { name: "What was said" });
  // Each is there for a moment only.
  await Promise.all(["P1: conceded", "At work: Judge"].map((text) => hearing.getByText(text).waitFor()));
  await page.getByRole("heading", { name: "Rejected" }).waitFor();
  expect(await hearing.count()).toBe(0);
  await button("line 2").first().click();
  const line = page.getByRole("region", { name: "Code" }).locator("li").nth(1);
  expect(await line.innerText()).toContain("Critical");
});

describe("code", () => {
  it("is found as it is typed, in one repository or in all", async () => {
    await open("#/workshop/code");
    await page.getByRole("searchbox", { name: "Search code" }).fill("passwords");
    await expect.poll(() => page.getByLabel("Results").locator("> li").count()).toBe(3);
    await page.getByLabel("Repository", { exact: true }).selectOption("ledger");
    await expect.poll(() => page.getByLabel("Results").locator("> li").count()).toBe(1);
    await button("Copy the path of ledger/accounts.py").click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe("ledger/accounts.py:88");
  });

  it("is read from a folder, which can be stopped", async () => {
    await open("#/workshop/code", { pace: 30 });
    const read = async (folder: string): Promise<void> => {
      await page.locator("header + div").first().waitFor();
      await button("Index a folder").click();
      await page.getByLabel("Folder", { exact: true }).fill(folder);
      await button("Read it").click();
    };
    await read("/home/ada/code/atlas");
    await page.getByText("of 256 files").waitFor();
    await button("Stop").click();
    await page.getByText("Reading atlas").first().waitFor({ state: "detached" });
    expect(await page.getByRole("list", { name: "Repositories" }).getByText("atlas").count()).toBe(0);
    await read("/home/ada/code/nowhere");
    await page.getByText("No such file or directory").waitFor();
    await read("/home/ada/code/atlas");
    await page.getByRole("list", { name: "Repositories" }).getByText("atlas").waitFor();
  });
});

it("brings an artifact back to what it was, as a new version", async () => {
  await open("#/workshop/artifacts");
  await button(/Three days in Porto/).click();
  await page.getByText("Port cellars in Gaia").waitFor();
  await page.getByLabel("Version", { exact: true }).selectOption("1");
  await page.getByText("Port cellars in Gaia").waitFor({ state: "detached" });
  await button("Restore this version").click();
  await page.getByText("Version 1 is back, as version 3").waitFor();
  await page.getByText("Changes", { exact: true }).click();
  await page.getByText("From version 2 to version 3").waitFor();
});

it("shows the secret of a webhook once", async () => {
  await open("#/channels/webhooks");
  await button("New webhook").click();
  await page.getByLabel("Name", { exact: true }).fill("Mail gate");
  await button("Create").click();
  const secret = await page.getByLabel("Secret", { exact: true }).inputValue();
  expect(secret.length).toBeGreaterThan(20);
  await button("Done").click();
  await button(/^Mail gate/).click();
  await page.getByText("Nothing has come yet.").waitFor();
  expect(await page.content()).not.toContain(secret);
});

it("says what a package may do before it is installed, and what an update wants beyond it", async () => {
  await open("#/agent/registry");
  await button(/^Document drafter/).click();
  await page.getByText("When installed, it may").waitFor();
  await button("Install").click();
  await page.getByText("Document drafter is installed").waitFor();
  await page.locator("[data-row]").filter({ hasText: "Document drafter" }).getByText("Installed").waitFor();
  await button(/^Research/).click();
  await page.getByText("The newer version also wants to").waitFor();
  await button("Allow and update").click();
  await page.getByText("Research is at 1.1.0 now").waitFor();
  await page.getByText("The newer version also wants to").waitFor({ state: "detached" });
});

it("makes a key, shows it once and revokes it", async () => {
  await open("#/settings/accounts");
  const card = page.getByRole("region", { name: "Build server" });
  await card.getByText("Pipeline").waitFor();
  await card.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("What it is for").fill("Phone");
  await button("Create").click();
  const key = await page.getByLabel("Key", { exact: true }).inputValue();
  await button("Done").click();
  await card.getByText("Phone").waitFor();
  expect(await page.content()).not.toContain(key);
  await card.getByRole("button", { name: "Revoke Phone" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await card.getByText("Phone").waitFor({ state: "detached" });
});

it("sets a budget", async () => {
  await open("#/settings/costs");
  await button("Set budget").click();
  await page.getByLabel("A day").fill("2");
  await page.getByLabel("Say so at (per cent)").fill("80 100");
  await button("Save").click();
  await page.getByRole("meter", { name: "Today" }).waitFor();
  await expect.poll(() => page.getByRole("meter", { name: "Today" }).getAttribute("aria-valuemax")).toBe("2");
  await page.getByText("spent", { exact: true }).waitFor();
});
