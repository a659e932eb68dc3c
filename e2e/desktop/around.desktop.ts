// What is around the window: keys that work everywhere, the quick bar, a second start, notifications, the tray. The program is
// started as its user starts it, and reached as its user reaches it: by keyboard and over the session's bus.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "./driver";
import { Spotify } from "./music";
import { end, Place } from "./program";
import { bus, keys, picture, seen, typed, webProcesses } from "./screen";
import { Tray } from "./tray";

type Settings = { do_not_disturb: boolean; voice: { muted: boolean } };

const QUICK = "^Ask Luna$";

describe("around the window", () => {
  let place: Place;
  let program: ChildProcess, notices: ChildProcess;
  let spotify: Spotify;
  let tray: Tray;

  beforeAll(async () => {
    place = await Place.make();
    notices = spawn("dunst", [], { env: place.environment, stdio: "ignore" });
    tray = await Tray.open();
    spotify = await Spotify.start(place.program);
    place.more = spotify.environment;
    program = await place.start();
    await place.call("settings.patch", { patch: { onboarded: true, user_name: "Ada", free_window_after_s: 1 } });
    await until("the window", () => seen("Luna"));
  });
  afterAll(async () => {
    if (program) await end(program);
    notices?.kill("SIGTERM");
    tray?.close();
    await spotify?.stop();
    expect(existsSync(join(place.data, "run.json"))).toBe(false);
    await place?.remove();
  });

  /** Puts the window away with its key: in front it goes, behind it comes first. */
  const away = (title: string): Promise<boolean> =>
    until("a hidden window", async () => {
      if (!(await seen(title))) return true;
      await keys("ctrl+alt+l");
      return false;
    });

  it("says which keys it has", async () => {
    const view = await until("the keys", async () => {
      const said = (await place.call("desktop.get", {})) as { hotkeys: { setting: string; active: boolean }[] };
      return said.hotkeys.length > 0 && said;
    });
    expect(view.hotkeys).toMatchObject([
      { setting: "hotkey_open", active: true, problem: null },
      { setting: "hotkey_ask", active: true, problem: null },
      { setting: "hotkey_talk", active: true, problem: null },
    ]);
    expect(await place.call("desktop.try_hotkey", { keys: "Ctrl+Alt+L" })).toMatchObject({ active: false });
    expect(await place.call("desktop.try_hotkey", { keys: "Ctrl+Alt+J" })).toMatchObject({ active: true, problem: null });
  });

  it("starts with the session when it is told to, and looks for no updates that it could not trust", async () => {
    const entry = join(place.home, ".config/autostart/Luna.desktop");
    await until("the entry", async () => {
      await place.call("settings.patch", { patch: { start_at_login: true } });
      return existsSync(entry);
    });
    expect(await readFile(entry, "utf8")).toMatch(/^Exec=.*luna-desktop.* --hidden$/m);
    expect(await place.call("desktop.get", {})).toMatchObject({ starts_at_login: true, updates: false });
    await place.call("settings.patch", { patch: { start_at_login: false } });
    await until("no entry", async () => !existsSync(entry));
  });

  it("shows what a second start asks for", async () => {
    await place.again("luna://open/memory/facts");
    await until("the facts", () => seen("Facts"));
  });

  it("gives its memory back while it is away, and comes back where it was", async () => {
    const pages = await webProcesses(place.data);
    expect(pages).toBeGreaterThan(0);
    await away("Facts");
    await until("a freed web view", async () => (await webProcesses(place.data)) < pages);
    await keys("ctrl+alt+l");
    await until("the window where it was", () => seen("Facts"));
    await away("Facts");
  });

  it("answers a quick question over whatever is in front", async () => {
    await keys("ctrl+shift+space");
    await until("the quick bar", () => seen(QUICK));
    await typed("remember that my tortoise is called Methuselah");
    await picture("quick-asked");
    await keys("Return");
    const [conversation] = await until("the conversation", async () => {
      const all = (await place.call("chat.conversations", {})) as { id: string }[];
      return all.length > 0 && all;
    });
    await until("the answer", async () => {
      const messages = (await place.call("chat.messages", { conversation: conversation?.id })) as { role: string }[];
      return messages.some((message) => message.role === "assistant");
    });
    await picture("quick-answered");
    // It goes on in the window.
    await keys("ctrl+Return");
    await until("the bar to go", async () => !(await seen(QUICK)));
    await until("the window", () => seen("tortoise"));
    await away("tortoise");
  });

  it("asks by a notification while the window is away, and a press on it shows the question", async () => {
    await bus("dunstctl", "close-all");
    const displayed = async (): Promise<number> => Number(await bus("dunstctl", "count", "displayed"));
    await until("an empty screen", async () => (await displayed()) === 0);
    const talk = await place.post("chat.send", { message: "run mkdir letters", images: [] });
    await until("the notification", async () => (await displayed()) > 0);
    await picture("notification");
    expect(await seen("Luna")).toBe(false);
    await bus("dunstctl", "action", "0");
    await until("the window", () => seen("Luna|tortoise|letters"));
    const [asked] = (await place.call("confirmations.list", {})) as { action: { id: string } }[];
    await place.call("confirmations.answer", { action: asked?.action.id, answer: "no" });
    await talk.text();
    await until("no notification any more", async () => (await displayed()) === 0);
  });

  it("has in the tray what people want in between", async () => {
    await until("the icon", async () => tray.filled);
    await place.call("calendar.quick_add", { words: "dentist tomorrow at 9" });
    const labels = async (): Promise<string[]> => (await tray.entries()).map((entry) => entry.label);
    await until("the next event", async () => (await labels()).some((label) => label.includes("dentist")));
    expect(await labels()).toEqual([
      "Open Luna",
      "Ask…",
      "Talk",
      "Run a command…",
      "Ask about the screen…",
      expect.stringMatching(/^Next: tomorrow 09:00 dentist/),
      "No question waits",
      "Mute microphone",
      "Do not disturb",
      "Settings",
      "Quit",
    ]);
    const on = async (label: string): Promise<boolean | undefined> => (await tray.entries()).find((entry) => entry.label === label)?.on;
    const settings = async (): Promise<Settings> => ((await place.call("settings.get", {})) as { settings: Settings }).settings;
    for (const [label, set] of [
      ["Do not disturb", async () => (await settings()).do_not_disturb],
      ["Mute microphone", async () => (await settings()).voice.muted],
    ] as const) {
      expect(await on(label)).toBe(false);
      await tray.choose(new RegExp(label));
      await until(`${label} to be on`, async () => (await set()) && on(label));
      await tray.choose(new RegExp(label));
      await until(`${label} to be off`, async () => !(await set()) && (await on(label)) === false);
    }
    await tray.choose(/^Settings/);
    await until("the settings", () => seen("Models"));
    await away("Models");
  });

  it("has what plays in the tray, with the buttons of a player", async () => {
    const labels = async (): Promise<string[]> => (await tray.entries()).map((entry) => entry.label);
    const shows = (line: string): Promise<boolean> => until(line, async () => (await labels()).includes(line));
    const { address } = (await place.call("music.sign_in", {})) as { address: string };
    // The stand-in says yes at once, and sends whoever asks back to Luna.
    expect((await fetch(address)).ok).toBe(true);
    await shows("♪ Paper Moon – The Lanterns");
    const all = await labels();
    const at = all.indexOf("♪ Paper Moon – The Lanterns");
    expect(all.slice(at - 1, at + 4)).toEqual(["Ask about the screen…", "♪ Paper Moon – The Lanterns", "Pause", "Next song", expect.stringMatching(/^Next: /)]);
    await tray.choose(/^Pause$/);
    await shows("Play");
    await tray.choose(/^Play$/);
    await shows("Pause");
    await tray.choose(/^Next song$/);
    await shows("♪ Paper Moon - Slowed – Quiet Hours");
    await tray.choose(/^♪/);
    await until("the dashboard", () => seen("Dashboard"));
    await away("Dashboard");
    await place.call("music.sign_out", {});
    await until("no player", async () => !(await labels()).some((label) => /^♪|^Pause$|^Next song$/.test(label)));
  });

  it("asks about the screen", async () => {
    const newest = async (): Promise<string | undefined> => ((await place.call("chat.conversations", {})) as { id: string }[])[0]?.id;
    const before = await newest();
    await tray.choose(/^Ask about the screen/);
    await until("the quick bar", () => seen(QUICK));
    await picture("quick-screen");
    await until("the conversation", async () => {
      // The bar is seen before the picture is in it; without that there is nothing to send.
      await keys("Return");
      return (await newest()) !== before;
    });
    const asked = await until("the answer", async () => {
      const messages = (await place.call("chat.messages", { conversation: await newest() })) as { role: string; images: { data: string }[]; content: string }[];
      return messages.some((message) => message.role === "assistant") && messages;
    });
    expect(asked[0]?.images).toHaveLength(1);
    expect(Buffer.from(asked[0]?.images[0]?.data ?? "", "base64").subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
    expect(asked[1]?.content).toContain("what I know of it");
    await picture("quick-screen-answered");
    await keys("Escape");
    await until("the bar to go", async () => !(await seen(QUICK)));
  });

  it("counts waiting questions in the tray, and ends from there", async () => {
    const talk = await place.post("chat.send", { message: "run mkdir papers", images: [] });
    await until("the count", async () => (await tray.entries()).some((entry) => entry.label === "1 question waits" && entry.enabled));
    await tray.choose(/question waits/);
    await until("the question", () => seen("Luna|papers"));
    const [asked] = (await place.call("confirmations.list", {})) as { action: { id: string } }[];
    await place.call("confirmations.answer", { action: asked?.action.id, answer: "no" });
    await talk.text();
    await until("no count any more", async () => (await tray.entries()).some((entry) => entry.label === "No question waits" && !entry.enabled));
    const over = once(program, "exit");
    await tray.choose(/^Quit/);
    await over;
  });
});
