// `node scripts/screenshots.mjs`: pictures of the running program for README.md, light and dark, into docs/images.
// Luna is started on a data folder of her own, with the built-in model, and stopped again. LUNA_BIN names the program,
// CHROMIUM the browser; without them the usual places are looked at.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { browser, luna } from "./setup.mjs";
import { program, root, step, Stop } from "./steps.mjs";

const SIZE = { width: 1200, height: 840 };
const IMAGES = join(root, "docs/images");
const SAID = ["remember that my cat is called Biscuit", "what is my cat called?", "run mkdir photos"];
const FACTS = ["My sister Mira lives in Lisbon", "Mira is allergic to peanuts", "I am learning Portuguese", "The trip to Lisbon is in June", "Biscuit hates the vet"];
const PLANS = ["standup every weekday at 9:15 for 15 minutes", "lunch with Mira next Tuesday at half past twelve", "vet with Biscuit next Wednesday at 16:00 for 30 minutes", "swimming every tuesday and friday at 7am", "Portuguese lesson every Thursday at 18:00"];
const PLANNED = "create a folder called photos, then delete the folder called old";

await program(async () => {
  mkdirSync(IMAGES, { recursive: true });
  const chrome = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"] });
  try {
    for (const scheme of ["light", "dark"]) await step(`Pictures, ${scheme}`, () => pictures(chrome, scheme));
  } finally {
    await chrome.close();
  }
});

function chromiumPath() {
  const path = browser();
  if (!path) throw new Stop("Chromium or Chrome is needed; set CHROMIUM to its path.");
  return path;
}

/** Starts Luna; nothing of this machine's own settings reaches her. */
function serve(folder, home) {
  const binary = process.env.LUNA_BIN || [luna("release"), luna("debug")].find(existsSync);
  if (!binary) throw new Stop("Build Luna first: cargo build --workspace");
  const { PATH, LANG = "C.UTF-8" } = process.env;
  const env = { PATH, LANG, HOME: home, PORT: "0", EXECUTOR_PORT: "0", LUNA_DATA_DIR: join(folder, "data"), LUNA_SECRET_STORE: "file", LLM_PROVIDER: "builtin" };
  const child = spawn(binary, ["serve"], { cwd: home, env, stdio: ["ignore", "pipe", "inherit"] });
  const gone = new Promise((done) => child.once("close", done));
  const stop = () => (child.kill("SIGTERM"), gone);
  return new Promise((done, failed) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const url = /http:\/\/[\w.:]+/.exec(line)?.[0];
      if (url) done({ url, stop });
    });
    gone.then((code) => failed(new Stop(`luna serve ended with ${code}`)));
  });
}

async function call(url, command, input) {
  const reply = await fetch(`${url}/rpc/${command}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(input),
  });
  if (!reply.ok) throw new Error(`${command}: ${await reply.text()}`);
}

async function pictures(chrome, scheme) {
  const folder = mkdtempSync(join(tmpdir(), "luna-pictures-"));
  const home = join(folder, "home");
  mkdirSync(join(home, "old"), { recursive: true });
  writeFileSync(join(home, "old", "ideas.md"), "# Ideas\n");
  const server = await serve(folder, home);
  const context = await chrome.newContext({
    viewport: SIZE,
    deviceScaleFactor: 2,
    colorScheme: scheme,
    reducedMotion: "reduce",
    locale: "en-GB",
  });
  try {
    await call(server.url, "settings.patch", { patch: { onboarded: true, user_name: "Ada" } });
    for (const words of PLANS) await call(server.url, "calendar.quick_add", { words });
    for (const content of FACTS) await call(server.url, "memory.add", { content });
    await screens(await context.newPage(), server.url, scheme);
  } finally {
    await context.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function screens(page, url, scheme) {
  await page.goto(`${url}/#/chat`);
  const box = page.getByRole("textbox", { name: /^Message / });
  const answers = page.getByRole("article", { name: /said$/ });
  for (const [at, text] of SAID.entries()) {
    await box.fill(text);
    await page.keyboard.press("Enter");
    await answers.nth(at).waitFor();
    // The last one waits for a yes; the picture shows the question.
    const over = page.getByRole("button", { name: "Send", exact: true });
    const asked = page.getByRole("button", { name: "Allow once" });
    await over.or(asked).first().waitFor();
  }
  await picture(page, `chat-${scheme}`);
  await page.goto(`${url}/#/run`);
  await page.getByRole("textbox", { name: "What should be done, in words" }).fill(PLANNED);
  await page.getByRole("textbox", { name: "Working folder" }).fill("~");
  await page.getByRole("button", { name: "Make a plan" }).click();
  await page.getByRole("button", { name: "Reject the plan" }).waitFor();
  await picture(page, `run-${scheme}`);
  await page.goto(`${url}/#/today/week`);
  // Whatever day it is: the week after this one is full.
  await page.getByRole("button", { name: "Later", exact: true }).click();
  await page.getByText("Portuguese lesson").first().waitFor();
  await picture(page, `today-${scheme}`);
  await page.goto(`${url}/#/memory/graph`);
  await page.locator("main svg circle, main svg [role=button], main svg g").first().waitFor();
  await picture(page, `memory-${scheme}`);
}

async function picture(page, name) {
  await page.mouse.move(0, 0);
  await page.evaluate(() => document.fonts.ready);
  await page.screenshot({ path: join(IMAGES, `${name}.png`), animations: "disabled", caret: "hide" });
}
