// A day with the real window: the program as it is started, its web view, its IPC, and Luna behind it.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until, Window } from "./driver";
import { Place } from "./program";
import { isOver, processOf } from "./screen";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const MESSAGE = /^Message /;

describe("a day with the window", () => {
  let place: Place;
  let window: Window;

  const start = (): Promise<Window> => Window.open(place.program, place.environment);

  /** Ends the driver's session and the program, and waits for both: a start while it ends would be handed to it. */
  const end = async (): Promise<void> => {
    const pid = await processOf(place.data);
    await window.close();
    if (!(await isOver(pid))) process.kill(pid, "SIGTERM");
    await until("the end of the program", () => isOver(pid));
  };

  /** Says something, once Luna has said her part. */
  const say = async (text: string): Promise<void> => {
    await window.see("the button to send", "return document.querySelector('button[aria-label=Send]') !== null");
    await window.type("textbox", MESSAGE, `${text}\n`);
    await window.seeText(text);
  };

  beforeAll(async () => {
    place = await Place.make();
    window = await start();
    // The first questions are the browser tests' affair.
    await until("Luna answers", () => place.call("settings.patch", { patch: { onboarded: true, user_name: "Ada" } }));
  });
  afterAll(async () => {
    // The next one's keys are free once this one is gone.
    if (window) await end();
    await place?.remove();
  });

  it("opens on a page of its own, with no way out of it", async () => {
    await window.see("the composer", "return document.querySelector('textarea') !== null");
    expect(await window.run("return location.protocol")).toBe("tauri:");
    await window.run("fetch('http://127.0.0.1:' + arguments[0] + '/health').then(() => (document.title = 'left home'), () => (document.title = 'held back'))", place.port);
    await window.see("the policy", "return document.title === 'held back'");
  });

  it("chats over IPC", async () => {
    await say("remember that my cat is called Biscuit");
    await say("what is my cat called?");
    await window.see("the answer", "return [...document.querySelectorAll('article')].at(-1)?.innerText.includes('Biscuit')");
    await window.shot("chat");
  });

  it("asks before it runs a command, and runs it after a yes", async () => {
    await say("run mkdir photos");
    await window.click("button", "Allow once");
    await until("the folder", async () => existsSync(join(place.home, "photos")) || existsSync(join(place.data, "workspace/photos")));
    await window.shot("confirmed");
  });

  it("plans and runs", async () => {
    await window.click("link", /^Run/);
    await window.type("textbox", "What should be done, in words", "create a folder called letters, then list the files here");
    await window.type("textbox", "Working folder", "~");
    await window.click("button", "Make a plan");
    await window.click("button", /^(Run all|Approve all|Run \d|Approve)/);
    await until("the folder", async () => existsSync(join(place.home, "letters")));
    await window.shot("ran");
  });

  it("finds things by the palette and changes a setting", async () => {
    await window.press("\uE009", "k");
    await window.type("textbox", /.*/, "appearance");
    await window.see("a find", "return document.querySelectorAll('[role=option]').length > 0");
    await window.shot("palette");
    await window.press("\uE00C");
    await place.call("settings.patch", { patch: { theme: "dark" } });
    await window.see("the dark theme", "return getComputedStyle(document.documentElement).colorScheme.startsWith('dark')");
    await window.shot("dark");
  });

  it("shows nothing that a screen reader or a keyboard cannot use", async () => {
    const axe = await readFile(AXE, "utf8");
    for (const route of ["/chat", "/run", "/memory/facts", "/agent/tools", "/today", "/settings/models", "/settings/desktop"]) {
      await window.run("location.hash = '#' + arguments[0]", route);
      await window.see(`${route}, loaded`, "return document.querySelector('main h1, h1') !== null && document.querySelector('[role=status][aria-label=Loading]') === null");
      const found = await window.later<string[]>(
        `const done = arguments[arguments.length - 1];
         ${axe}
         window.axe.run(document).then(({ violations }) => done(violations.map((one) => one.id + ": " + one.nodes.map((node) => node.target.join(" ")).join(", "))), (error) => done([String(error)]));`,
      );
      expect(found, route).toEqual([]);
    }
    await window.shot("settings");
  });

  it("has the conversation after a restart", async () => {
    await end();
    window = await start();
    await until("Luna answers", () => place.call("hello", {}));
    const [conversation] = (await place.call("chat.conversations", {})) as { id: string }[];
    // A page that is not there yet forgets where it was sent.
    await window.see("the page", "return document.querySelector('main') !== null");
    await window.run("location.hash = `#/chat/${arguments[0]}`", conversation?.id);
    await window.see("the conversation", "return document.body.innerText.includes('what is my cat called?')");
    await window.shot("again");
  });
});
