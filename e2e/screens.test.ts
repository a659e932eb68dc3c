// Every screen, light and dark, and the main ones in small windows and on a phone: no accessibility violation, no error,
// nothing from outside, nothing cut off.
// With SHOTS=<folder> it also takes a picture of each.
import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { AxeResults, RunOptions } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { complaints, launch, PATIENCE, settled } from "./browser";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const SHOTS = process.env["SHOTS"];

const WIDE = { width: 1280, height: 800 };
const SMALL = [
  { width: 800, height: 600 },
  { width: 420, height: 800 },
  // What a page of 1280 has left when it is shown four times as large.
  { width: 320, height: 720 },
];
/** Below this a finger is what presses. */
const PHONE = 500;
/** The screens that are looked at in every size. */
const MAIN = ["chat-read", "chat-question", "run-plan", "memory-facts", "memory-graph", "agent-tools", "today-week", "workshop-agents", "workshop-chain", "workshop-rejected", "costs", "agent-registry", "settings-models", "settings-voice-learning", "settings-storage"];

/** A screen: where it is, and what to do before it is looked at. */
interface Look {
  name: string;
  at: string;
  query?: string;
  before?: (page: Page) => Promise<void>;
}

async function say(page: Page, text: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message Luna" }).fill(text);
  await page.keyboard.press("Enter");
}

async function plan(page: Page, words: string): Promise<void> {
  await page.getByRole("textbox", { name: "What should be done, in words" }).fill(words);
  await page.getByRole("button", { name: "Make a plan" }).click();
  await page.getByRole("button", { name: "Reject the plan" }).waitFor();
}

async function reviewed(page: Page, code: string): Promise<void> {
  await page.getByRole("textbox", { name: "What is proposed" }).fill("Look somebody up by name");
  await page.getByRole("textbox", { name: "Code" }).fill(code);
  await page.getByRole("button", { name: "Begin the review" }).click();
  await page.getByRole("heading", { name: "Analyser" }).waitFor();
}

async function artifact(page: Page, title: string, there: () => Promise<void>): Promise<void> {
  await page.getByRole("button", { name: title }).click();
  await there();
}

const LOOKS: Look[] = [
  { name: "chat-new", at: "#/chat" },
  { name: "chat-read", at: "#/chat/c1", before: (page) => page.getByText("are free again").waitFor() },
  {
    name: "chat-tool",
    at: "#/chat/c1",
    before: async (page) => {
      await page.locator("summary", { hasText: "notes/cleanup.md" }).click();
    },
  },
  {
    name: "chat-question",
    at: "#/chat",
    before: async (page) => {
      await say(page, "push it please");
      await page.getByRole("button", { name: "Allow once" }).waitFor();
    },
  },
  {
    name: "chat-danger",
    at: "#/chat",
    before: async (page) => {
      await say(page, "delete the old downloads");
      await page.getByRole("button", { name: "Allow once" }).waitFor();
    },
  },
  {
    name: "chat-failed",
    at: "#/chat",
    before: async (page) => {
      await say(page, "please fail now");
      await page.getByText("The answer broke off").waitFor();
    },
  },
  {
    name: "chat-math",
    at: "#/chat",
    before: async (page) => {
      await say(page, "show me math");
      await page.locator(".katex-display").waitFor();
      await page.getByRole("img", { name: /^Diagram/ }).waitFor();
    },
  },
  {
    name: "chat-plan",
    at: "#/chat",
    before: async (page) => {
      await say(page, "plan to create a folder called photos and delete the folder called old");
      await page.getByRole("button", { name: "Reject the plan" }).waitFor();
    },
  },
  {
    name: "chat-revise",
    at: "#/chat/c1",
    before: async (page) => {
      await page.getByRole("article", { name: "You" }).last().getByRole("button", { name: "Edit and send again" }).click();
      await page.getByText("What you send now begins a branch").waitFor();
    },
  },
  { name: "chat-empty", at: "#/chat", query: "empty" },
  { name: "today-week", at: "#/today/week", before: (page) => page.getByRole("button", { name: /^Design review/ }).waitFor() },
  { name: "today-day", at: "#/today/day", before: (page) => page.getByRole("button", { name: /^Standup/ }).waitFor() },
  { name: "today-month", at: "#/today/month", before: (page) => page.getByRole("button", { name: /Dentist/ }).waitFor() },
  { name: "today-agenda", at: "#/today/agenda", before: (page) => page.getByText("Call mum").waitFor() },
  { name: "today-tasks", at: "#/today/tasks", before: (page) => page.getByText("Finish PR review").waitFor() },
  {
    name: "today-event",
    at: "#/today/agenda",
    before: async (page) => {
      await page.getByRole("button", { name: /Standup/ }).first().click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "today-empty", at: "#/today/agenda", query: "empty" },
  { name: "dashboard", at: "#/dashboard", before: (page) => page.getByText("Trains run on time").waitFor() },
  {
    name: "dashboard-choose",
    at: "#/dashboard",
    before: async (page) => {
      await page.getByRole("button", { name: "What is on the dashboard" }).click();
      await page.getByLabel("Place of the weather").fill("Ber");
      await page.getByRole("button", { name: "Find" }).click();
      await page.getByText("Canton of Bern").waitFor();
    },
  },
  { name: "channels-people", at: "#/channels", before: (page) => page.getByText("Door bell").waitFor() },
  { name: "channels-services", at: "#/channels/services", before: (page) => page.getByText("GitHub", { exact: true }).waitFor() },
  {
    name: "channels-service-open",
    at: "#/channels/services",
    before: async (page) => {
      await page.getByRole("button", { name: "Telegram" }).click();
      await page.getByRole("switch", { name: "Luna answers there" }).waitFor();
    },
  },
  {
    name: "channels-webhooks",
    at: "#/channels/webhooks",
    before: async (page) => {
      await page.getByRole("button", { name: /^Build server/ }).click();
      await page.getByText("the secret is wrong").waitFor();
    },
  },
  {
    name: "channels-webhook-made",
    at: "#/channels/webhooks",
    before: async (page) => {
      await page.getByRole("button", { name: "New webhook" }).click();
      await page.getByLabel("Name", { exact: true }).fill("Mail gate");
      await page.getByRole("button", { name: "Create" }).click();
      await page.getByText("It is shown this once").waitFor();
    },
  },
  { name: "channels-webhooks-empty", at: "#/channels/webhooks", query: "empty", before: (page) => page.getByText("No program can call").waitFor() },
  { name: "channels-empty", at: "#/channels", query: "empty" },
  { name: "scheduler-jobs", at: "#/scheduler", before: (page) => page.getByText("Unread mail").waitFor() },
  { name: "scheduler-history", at: "#/scheduler/history", before: (page) => page.getByText("Nightly backup").waitFor() },
  {
    name: "scheduler-new",
    at: "#/scheduler",
    before: async (page) => {
      await page.getByRole("button", { name: "New job" }).click();
      await page.getByLabel("When", { exact: true }).fill("every weekday at 9");
      await page.getByRole("dialog").getByText(/^Next:/).waitFor();
    },
  },
  { name: "scheduler-empty", at: "#/scheduler", query: "empty" },
  { name: "workshop-agents", at: "#/workshop/agents", before: (page) => page.getByRole("button", { name: /^Docker/ }).waitFor() },
  {
    name: "workshop-agent",
    at: "#/workshop/agents",
    before: async (page) => {
      await page.getByRole("button", { name: /^Code Review/ }).click();
      await page.getByText("An example").click();
      await page.getByRole("button", { name: "Use this" }).click();
      await page.getByRole("button", { name: "Run", exact: true }).click();
      await page.getByText("its callers were not shown").waitFor();
    },
  },
  {
    name: "workshop-compare",
    at: "#/workshop/agents",
    before: async (page) => {
      await page.getByRole("button", { name: /^Code Review/ }).click();
      await page.getByLabel("Compare with").selectOption("testing-validation");
      await page.getByRole("textbox", { name: /^code/ }).fill("def find(name): ...");
      await page.getByRole("button", { name: "Run both" }).click();
      await page.getByText("done", { exact: true }).nth(1).waitFor();
    },
  },
  {
    name: "workshop-chain",
    at: "#/workshop/chains",
    before: async (page) => {
      await page.getByRole("button", { name: /^Code Review Pipeline/ }).click();
      await page.getByRole("textbox", { name: "What it is about" }).fill("def find(name): ...");
      await page.getByRole("button", { name: "Run the chain" }).click();
      await page.getByText("In all:").waitFor();
      await page.getByText("done", { exact: true }).nth(2).waitFor();
    },
  },
  {
    name: "workshop-failed",
    at: "#/workshop/chains",
    before: async (page) => {
      await page.getByRole("button", { name: /^New Feature/ }).click();
      await page.getByRole("textbox", { name: "What it is about" }).fill("please fail");
      await page.getByRole("button", { name: "Run the chain" }).click();
      await page.getByRole("alert").waitFor();
    },
  },
  { name: "workshop-room", at: "#/workshop/room", before: (page) => page.getByRole("button", { name: "Begin the review" }).waitFor() },
  { name: "workshop-rejected", at: "#/workshop/room", before: (page) => reviewed(page, 'def find(name):\n    cursor.execute("SELECT * FROM users WHERE name = \'" + name + "\'")\n    return cursor.fetchone()[0]\n') },
  { name: "workshop-approved", at: "#/workshop/room", before: (page) => reviewed(page, "def area(r):\n    return r * r\n") },
  { name: "workshop-code", at: "#/workshop/code", before: (page) => page.getByText("ledger", { exact: true }).nth(1).waitFor() },
  {
    name: "workshop-found",
    at: "#/workshop/code",
    before: async (page) => {
      await page.getByRole("searchbox", { name: "Search code" }).fill("where are passwords checked");
      await page.getByText("signIn", { exact: false }).first().waitFor();
      await page.locator(".hljs-keyword").first().waitFor();
    },
  },
  {
    name: "workshop-index",
    at: "#/workshop/code",
    before: async (page) => {
      await page.getByRole("button", { name: "Index a folder" }).click();
      await page.getByLabel("Folder", { exact: true }).fill("/home/ada/code/atlas");
    },
  },
  { name: "workshop-code-empty", at: "#/workshop/code", query: "empty", before: (page) => page.getByText("No code is indexed").waitFor() },
  { name: "workshop-artifacts", at: "#/workshop/artifacts", before: (page) => page.getByText("Invoice 17").waitFor() },
  { name: "workshop-artifact", at: "#/workshop/artifacts", before: (page) => artifact(page, "Three days in Porto", () => page.getByText("Port cellars in Gaia").waitFor()) },
  {
    name: "workshop-diff",
    at: "#/workshop/artifacts",
    before: (page) =>
      artifact(page, "mean.py", async () => {
        await page.getByText("Changes", { exact: true }).click();
        await page.getByText("From version 1 to version 2").waitFor();
        await page.locator(".hljs-addition").first().waitFor();
      }),
  },
  { name: "workshop-page", at: "#/workshop/artifacts", before: (page) => artifact(page, "Invoice 17", () => page.frameLocator("iframe").getByText("Design, 3 hours").waitFor()) },
  { name: "workshop-diagram", at: "#/workshop/artifacts", before: (page) => artifact(page, "How a run goes", () => page.getByRole("img", { name: /^Diagram/ }).waitFor()) },
  { name: "workshop-artifacts-empty", at: "#/workshop/artifacts", query: "empty", before: (page) => page.getByText("Nothing was made yet").waitFor() },
  { name: "run-start", at: "#/run" },
  {
    name: "run-plan",
    at: "#/run",
    before: (page) => plan(page, "create a folder called photos, delete the folder called old, wipe everything and list it"),
  },
  {
    name: "run-dry",
    at: "#/run",
    before: async (page) => {
      await plan(page, "delete the folder called old and list it");
      await page.getByRole("button", { name: "Dry run" }).click();
      await page.getByText("Nothing was run.").waitFor();
    },
  },
  {
    name: "run-next",
    at: "#/run",
    before: async (page) => {
      await plan(page, "create a folder called photos and list it");
      await page.getByRole("button", { name: "One by one" }).click();
      await page.getByRole("button", { name: "Run this step" }).waitFor();
    },
  },
  {
    name: "run-done",
    at: "#/run",
    before: async (page) => {
      await plan(page, "create a folder called photos, list it and show how full the disk is");
      await page.getByRole("button", { name: "Run 3 steps" }).click();
      await page.getByRole("button", { name: "Plan again" }).waitFor();
      await page.getByRole("button", { name: /List what is here/ }).click();
      await page.locator(".xterm-rows").getByText("readme.md").waitFor();
    },
  },
  { name: "run-history", at: "#/run/r1", before: (page) => page.locator(".xterm-rows").getByText("du: cannot read").waitFor() },
  { name: "memory-facts", at: "#/memory/facts", before: (page) => page.getByText("allergic to peanuts").waitFor() },
  {
    name: "memory-fact",
    at: "#/memory/facts",
    before: async (page) => {
      await page.getByRole("button", { name: /Atlas/ }).click();
      await page.getByText("Why she remembers this").waitFor();
      await page.getByText("Earlier versions").waitFor();
    },
  },
  { name: "memory-empty", at: "#/memory/facts", query: "empty", before: (page) => page.getByText("remembers nothing yet").waitFor() },
  { name: "memory-graph", at: "#/memory/graph", before: (page) => page.getByText("7 facts, 5 connections").waitFor() },
  {
    name: "memory-graph-list",
    at: "#/memory/graph",
    before: async (page) => {
      await page.getByRole("button", { name: "As a list" }).click();
      await page.getByText("Both name Porto").first().waitFor();
    },
  },
  { name: "memory-condensed", at: "#/memory/condensed", before: (page) => page.getByText("is called Titan").waitFor() },
  { name: "memory-personality", at: "#/memory/personality", before: (page) => page.getByText("She would say").waitFor() },
  { name: "agent-tools", at: "#/agent/tools", before: (page) => page.getByText("run_command", { exact: true }).waitFor() },
  {
    name: "agent-rules",
    at: "#/agent/rules",
    before: async (page) => {
      await page.getByRole("textbox", { name: "What would happen to this command?" }).fill("git status && git push origin main");
      await page.getByText("Asks first").waitFor();
    },
  },
  {
    name: "agent-skills",
    at: "#/agent/skills",
    before: async (page) => {
      await page.getByRole("button", { name: /Tidy notes/ }).click();
    },
  },
  {
    name: "agent-registry",
    at: "#/agent/registry",
    before: async (page) => {
      await page.getByRole("button", { name: /^Research/ }).click();
      await page.getByText("Names its sources").waitFor();
    },
  },
  {
    name: "agent-registry-new",
    at: "#/agent/registry",
    before: async (page) => {
      await page.getByRole("button", { name: /^Coding agent/ }).click();
      await page.getByText("When installed, it may").waitFor();
    },
  },
  { name: "agent-registry-empty", at: "#/agent/registry", query: "empty", before: (page) => page.getByText("No packages are listed").waitFor() },
  {
    name: "agent-workspace",
    at: "#/agent/workspace",
    before: async (page) => {
      await page.getByRole("button", { name: "ideas.md" }).click();
      await page.getByRole("textbox", { name: "Content of notes/ideas.md" }).fill("# Ideas\n\n- a new one\n");
    },
  },
  { name: "agent-tasks", at: "#/agent/tasks", before: (page) => page.getByText("Index the notes").waitFor() },
  {
    name: "agent-audit",
    at: "#/agent/audit",
    before: async (page) => {
      await page.getByRole("button", { name: "Verify" }).click();
      await page.getByText("The chain holds").waitFor();
      await page.getByRole("button", { name: /never run/ }).click();
    },
  },
  { name: "agent-undo", at: "#/agent/undo", before: (page) => page.getByText("Wrote notes/cleanup.md").waitFor() },
  {
    name: "settings-models",
    at: "#/settings/models",
    before: async (page) => {
      await page.getByRole("button", { name: /^Anthropic/ }).click();
      await page.getByRole("button", { name: "List models" }).click();
      await page.getByRole("cell", { name: "$3 / $15" }).waitFor();
    },
  },
  { name: "costs", at: "#/settings/costs", before: (page) => page.getByText("qwen2.5:7b").waitFor() },
  {
    name: "costs-budget",
    at: "#/settings/costs",
    before: async (page) => {
      await page.getByRole("button", { name: "Set budget" }).click();
      await page.getByLabel("Say so at (per cent)").fill("50, most of it");
      await page.getByText("Numbers from 1 to 100").waitFor();
    },
  },
  { name: "costs-empty", at: "#/settings/costs", query: "empty", before: (page) => page.getByText("No model was asked").waitFor() },
  {
    name: "settings-connections",
    at: "#/settings/connections",
    before: async (page) => {
      await page.getByRole("button", { name: "Slack" }).click();
      await page.getByText("Given by the environment (SLACK_BOT_TOKEN)").waitFor();
    },
  },
  { name: "settings-general", at: "#/settings/general" },
  { name: "settings-appearance", at: "#/settings/appearance" },
  { name: "settings-privacy", at: "#/settings/privacy" },
  { name: "today-calendars", at: "#/today/calendars", before: (page) => page.getByRole("heading", { name: "Calendar files" }).waitFor() },
  { name: "settings-desktop", at: "#/settings/desktop", before: (page) => page.getByText("Do not disturb").waitFor() },
  { name: "settings-voice", at: "#/settings/voice", before: (page) => page.getByText("USB microphone").waitFor({ state: "attached" }) },
  {
    name: "settings-voice-learning",
    at: "#/settings/voice",
    before: async (page) => {
      await page.getByRole("button", { name: "Teach her my voice" }).click();
      await page.getByRole("button", { name: "Read it now" }).click();
      await page.getByText("2 of 5").first().waitFor();
    },
  },
  { name: "settings-voice-missing", at: "#/settings/voice", query: "empty", before: (page) => page.getByText("is not here").waitFor() },
  {
    name: "settings-sight",
    at: "#/settings/sight",
    before: async (page) => {
      await page.getByRole("button", { name: "Take a picture" }).click();
      const picture = page.getByRole("button", { name: "The screen. Drag" });
      await picture.waitFor();
      const box = await picture.boundingBox();
      if (!box) throw new Error("the picture has no place");
      await page.mouse.move(box.x + box.width * 0.1, box.y + box.height * 0.15);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.7, { steps: 4 });
      await page.mouse.up();
      await page.getByRole("button", { name: "Look there" }).click();
      await page.getByText("vision: done").waitFor();
    },
  },
  {
    name: "settings-sight-camera",
    at: "#/settings/sight",
    before: async (page) => {
      await page.getByRole("switch", { name: "Show what it sees" }).click();
      await page.getByRole("img", { name: "What the camera sees" }).waitFor();
    },
  },
  {
    name: "voice-listening",
    at: "#/chat",
    before: async (page) => {
      await page.getByRole("button", { name: "Listen" }).click();
      await page.getByRole("link", { name: "Voice: Listening" }).waitFor();
    },
  },
  {
    name: "scene",
    at: "#/chat",
    before: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("scene");
      await page.getByRole("option", { name: "Draw a scene" }).click();
      await page.getByRole("textbox", { name: "What is to be seen?" }).fill("a ball and its ring");
      await page.keyboard.press("Enter");
      await page.locator("canvas").waitFor();
      await page.getByText("2 × box").waitFor();
    },
  },
  { name: "settings-initiative", at: "#/settings/initiative", before: (page) => page.getByText("What is left of the day").waitFor() },
  {
    name: "settings-quiet",
    at: "#/settings/initiative",
    before: async (page) => {
      await page.getByRole("switch", { name: "Do not disturb" }).click();
      await page.getByRole("link", { name: "Do not disturb" }).waitFor();
    },
  },
  {
    name: "away",
    at: "#/settings/initiative",
    before: async (page) => {
      await page.getByRole("button", { name: "I’m off for a while" }).click();
      await page.getByRole("dialog", { name: "Away" }).waitFor();
    },
  },
  { name: "settings-storage", at: "#/settings/storage", before: (page) => page.getByText("Kept for undo").waitFor() },
  {
    name: "settings-delete",
    at: "#/settings/storage",
    before: async (page) => {
      await page.getByRole("button", { name: "Delete all" }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "settings-modules", at: "#/settings/modules", before: (page) => page.getByText("Search the web and read pages.").waitFor() },
  { name: "settings-api", at: "#/settings/api", before: (page) => page.getByText("curl/8.5.0").waitFor() },
  { name: "settings-accounts", at: "#/settings/accounts", before: (page) => page.getByText("Pipeline").waitFor() },
  { name: "door", at: "#/chat", query: "locked", before: (page) => page.getByLabel("Your token").waitFor() },
  { name: "settings-users", at: "#/settings/users", query: "business", before: (page) => page.getByText("build server").waitFor() },
  {
    name: "settings-user-token",
    at: "#/settings/users",
    query: "business",
    before: async (page) => {
      await page.getByRole("button", { name: "New user" }).click();
      await page.getByLabel("Name").fill("carol");
      await page.getByRole("button", { name: "Create" }).click();
      await page.getByText("It is shown this once").waitFor();
    },
  },
  {
    name: "settings-user-limit",
    at: "#/settings/users",
    query: "business",
    before: async (page) => {
      await page.getByRole("button", { name: "Limit of build server" }).click();
      await page.getByLabel("Calls a minute").waitFor();
    },
  },
  {
    name: "settings-key",
    at: "#/settings/accounts",
    before: async (page) => {
      await page.getByRole("button", { name: "New key" }).first().click();
      await page.getByLabel("What it is for").fill("Phone");
      await page.getByRole("button", { name: "Create" }).click();
      await page.getByText("It is shown this once").waitFor();
    },
  },
  {
    name: "settings-account",
    at: "#/settings/accounts",
    query: "empty",
    before: async (page) => {
      await page.getByText("Nobody has an account").waitFor();
      await page.getByRole("button", { name: "New account" }).click();
      await page.getByLabel("Password").fill("long enough");
    },
  },
  {
    name: "settings-about",
    at: "#/settings/about",
    before: async (page) => {
      await page.getByText("luna.db is whole").waitFor();
      await page.getByText("Luna is awake").waitFor();
    },
  },
  { name: "design", at: "#/design", before: (page) => page.getByRole("heading", { name: "Colour by role" }).waitFor() },
  { name: "onboarding", at: "", query: "fresh", before: (page) => page.getByRole("textbox", { name: "Your name" }).waitFor() },
  {
    name: "onboarding-model",
    at: "",
    query: "fresh",
    before: async (page) => {
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByText("A provider with a key").click();
      await page.getByRole("textbox", { name: "API key" }).waitFor();
    },
  },
  {
    name: "onboarding-may",
    at: "",
    query: "fresh",
    before: async (page) => {
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByRole("heading", { name: "Who should do the thinking?" }).waitFor();
      await page.getByRole("button", { name: "Next" }).click();
      await page.getByRole("heading", { name: "What I may do" }).waitFor();
    },
  },
  {
    name: "palette",
    at: "#/chat",
    before: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").fill("mem");
      await page.getByRole("option", { name: /Facts/ }).waitFor();
    },
  },
  {
    name: "keys",
    at: "#/settings/about",
    before: async (page) => {
      await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "own-words",
    at: "#/chat",
    query: "waiting=6",
    before: async (page) => {
      await page.getByRole("region", { name: "Notices" }).getByRole("button", { name: "Show" }).click();
      await page.getByRole("dialog").getByText("Call mum").first().waitFor();
    },
  },
  { name: "failing", at: "#/agent/tools", query: "failing", before: (page) => page.getByRole("alert").first().waitFor() },
  { name: "loading", at: "#/memory/facts", query: "slow", before: (page) => page.getByRole("status", { name: "Loading" }).first().waitFor() },
  { name: "unreachable", at: "", query: "offline", before: (page) => page.getByText("does not answer").waitFor() },
];

const home = inject("fake");
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  if (SHOTS) await mkdir(SHOTS, { recursive: true });
});
afterAll(async () => {
  await browser?.close();
});

interface Violation {
  rule: string;
  help: string;
  where: string[];
}

async function violations(page: Page): Promise<Violation[]> {
  await page.addScriptTag({ path: AXE });
  const results = await page.evaluate(async (finger) => {
    const { axe } = window as unknown as { axe: { run: (context: Document, options: RunOptions) => Promise<AxeResults> } };
    return (await axe.run(document, { rules: { "target-size": { enabled: finger } } })).violations;
  }, (page.viewportSize()?.width ?? 0) < PHONE);
  return results.map(({ id, help, nodes }) => ({
    rule: id,
    help,
    where: nodes.map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).slice(0, 4),
  }));
}

/** What of a screen lies beyond the right edge of the window, where nothing scrolls to it and no dots stand for it. */
async function beyond(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const out = (node: Element): boolean => {
      const { width, right } = node.getBoundingClientRect();
      return width > 0 && right > innerWidth + 1;
    };
    const reached = (node: Element): boolean => {
      for (let at: Element | null = node; at; at = at.parentElement) {
        const { overflowX, textOverflow } = getComputedStyle(at);
        if (textOverflow === "ellipsis" || (["auto", "scroll"].includes(overflowX) && at.scrollWidth > at.clientWidth)) return true;
      }
      return false;
    };
    const found = [...document.querySelectorAll("main *, [role=dialog] *")].filter((node) => getComputedStyle(node).clipPath === "none" && out(node) && !reached(node));
    return found.map((node) => `${node.tagName} ${(node.textContent ?? "").trim().slice(0, 60)}`);
  });
}

type Theme = "light" | "dark";

async function look({ name, at, query, before }: Look, theme: Theme, size: typeof WIDE): Promise<void> {
  // The page's policy is the server's; only the checker itself is let past it.
  const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: "reduce", bypassCSP: true });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  try {
    const found = complaints(page, home);
    await page.goto(`${home}/?pace=0&${query ?? ""}${at}`);
    await settled(page);
    await before?.(page);
    await page.evaluate(() => document.fonts.ready);
    if (SHOTS) await page.screenshot({ path: join(SHOTS, `${name}-${theme}-${size.width}.png`) });
    expect(await violations(page)).toEqual([]);
    expect(await beyond(page), "cut off at the right").toEqual([]);
    expect(found).toEqual([]);
  } finally {
    await context.close();
  }
}

describe.each<Theme>(["light", "dark"])("in %s", (theme) => {
  it.concurrent.each(LOOKS)("$name", (one) => look(one, theme, WIDE));
});

describe.each(SMALL)("at $width × $height", (size) => {
  it.concurrent.each(LOOKS.filter(({ name }) => MAIN.includes(name)))("$name", (one) => look(one, "light", size));
});

it("shows a week on a phone in the dark", async () => {
  const week = LOOKS.find(({ name }) => name === "today-week");
  if (week) await look(week, "dark", { width: 420, height: 800 });
});

it("opens the palette by touch on a phone", async () => {
  await look(
    {
      name: "palette-touch",
      at: "#/chat",
      before: async (page) => {
        await page.getByRole("button", { name: "Search and commands" }).click();
        await page.getByRole("combobox").fill("mem");
        await page.getByRole("option", { name: /Facts/ }).waitFor();
      },
    },
    "light",
    { width: 420, height: 800 },
  );
});
