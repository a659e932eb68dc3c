// A day with the real window: the program as it is started, its web view, its IPC, and Luna behind it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../luna";
import { until, Window } from "./driver";
import { isOver, keys, processOf, seen, webProcesses } from "./screen";

const PROGRAM = process.env["LUNA_DESKTOP_BIN"] ?? "";
const MESSAGE = /^Message /;

describe("a day with the window", () => {
  let folder: string, home: string, port: number;
  let window: Window;

  /** Nothing of this machine's own settings reaches her. */
  const environment = (): NodeJS.ProcessEnv => ({
      PATH: process.env["PATH"],
      DISPLAY: process.env["DISPLAY"],
      XAUTHORITY: process.env["XAUTHORITY"],
      DBUS_SESSION_BUS_ADDRESS: process.env["DBUS_SESSION_BUS_ADDRESS"],
      XDG_RUNTIME_DIR: process.env["XDG_RUNTIME_DIR"],
      HOME: home,
      LANG: "C.UTF-8",
      PORT: String(port),
      EXECUTOR_PORT: "0",
      LUNA_DATA_DIR: join(folder, "data"),
      LUNA_SECRET_STORE: "file",
      OLLAMA_BASE_URL: "http://127.0.0.1:9",
    });
  const start = (): Promise<Window> => Window.open(PROGRAM, environment());

  /** Ends the driver's session and the program, and waits for both: a start while it ends would be handed to it. */
  const end = async (): Promise<void> => {
    const pid = await processOf(join(folder, "data"));
    await window.close();
    if (!(await isOver(pid))) process.kill(pid, "SIGTERM");
    await until("the end of the program", () => isOver(pid));
  };

  /** A command of the table, from outside, as another program calls it. */
  const call = async (name: string, input: object): Promise<unknown> => {
    const reply = await fetch(`http://127.0.0.1:${port}/rpc/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(input),
    });
    if (!reply.ok) throw new Error(`${name}: ${await reply.text()}`);
    return reply.json();
  };

  /** Says something, once Luna has said her part. */
  const say = async (text: string): Promise<void> => {
    await window.see("the button to send", "return document.querySelector('button[aria-label=Send]') !== null");
    await window.type("textbox", MESSAGE, `${text}\n`);
    await window.seeText(text);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "luna-desktop-"));
    home = join(folder, "home");
    await mkdir(home, { recursive: true });
    port = await freePort();
    window = await start();
    // The first questions are the browser tests' affair.
    await until("Luna answers", () => call("settings.patch", { patch: { onboarded: true, user_name: "Ada", free_window_after_s: 1 } }));
  });
  afterAll(async () => {
    await window?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it("opens on a page of its own, with no way out of it", async () => {
    await window.see("the composer", "return document.querySelector('textarea') !== null");
    expect(await window.run("return location.protocol")).toBe("tauri:");
    await window.run("fetch('http://127.0.0.1:' + arguments[0] + '/health').then(() => (document.title = 'left home'), () => (document.title = 'held back'))", port);
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
    await until("the folder", async () => existsSync(join(home, "photos")) || existsSync(join(folder, "data/workspace/photos")));
    await window.shot("confirmed");
  });

  it("plans and runs", async () => {
    await window.click("link", /^Run/);
    await window.type("textbox", "What should be done, in words", "create a folder called letters, then list the files here");
    await window.type("textbox", "Working folder", "~");
    await window.click("button", "Make a plan");
    await window.click("button", /^(Run all|Approve all|Run \d|Approve)/);
    await until("the folder", async () => existsSync(join(home, "letters")));
    await window.shot("ran");
  });

  it("finds things by the palette and changes a setting", async () => {
    await window.press("\uE009", "k");
    await window.type("textbox", /.*/, "appearance");
    await window.see("a find", "return document.querySelectorAll('[role=option]').length > 0");
    await window.shot("palette");
    await window.press("\uE00C");
    await call("settings.patch", { patch: { theme: "dark" } });
    await window.see("the dark theme", "return getComputedStyle(document.documentElement).colorScheme.startsWith('dark')");
    await window.shot("dark");
  });

  it("has the conversation after a restart", async () => {
    await end();
    window = await start();
    await until("Luna answers", () => call("hello", {}));
    const [conversation] = (await call("chat.conversations", {})) as { id: string }[];
    await window.run("location.hash = `#/chat/${arguments[0]}`", conversation?.id);
    await window.see("the conversation", "return document.body.innerText.includes('what is my cat called?')");
    await window.shot("again");
  });

  it("gives its memory back while it is away, and comes back where it was", async () => {
    await window.click("link", /^Memory/);
    // The window is called after what is open, which is how it is known below.
    const title = await window.see<string>("the title", "return location.hash.startsWith('#/memory') && document.title");
    // A driver holds on to web views; this start is the user's own.
    await end();
    const program = spawn(PROGRAM, { env: environment(), stdio: "inherit" });
    try {
      await until("Luna answers", () => call("desktop.show", { what: "window", route: "/memory" }));
      await until("the window", () => seen(title));
      const data = join(folder, "data");
      const pages = await webProcesses(data);
      expect(pages).toBeGreaterThan(0);
      // The global hotkey, as the keyboard gives it: a window in front goes, one behind comes first.
      await until("a hidden window", async () => {
        if (!(await seen(title))) return true;
        await keys("ctrl+alt+l");
        return false;
      });
      await until("a freed web view", async () => (await webProcesses(data)) < pages);
      await keys("ctrl+alt+l");
      await until("the window where it was", () => seen(title));
      expect(await call("audit.verify", {})).toMatchObject({ ok: true });
    } finally {
      const gone = once(program, "exit");
      program.kill("SIGTERM");
      await gone;
    }
    expect(existsSync(join(folder, "data/run.json"))).toBe(false);
  });
});
