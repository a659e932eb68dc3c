// Hotkeys where no program may take them itself, as on Wayland: from the desktop's portal, or by commands where it has none.
import type { ChildProcess } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { until } from "./driver";
import { Portal } from "./portal";
import { end, Place } from "./program";
import { seen } from "./screen";

interface View {
  hotkeys: { setting: string; active: boolean; problem: string | null }[];
  hotkeys_note: string | null;
  bind: string[];
}

describe("hotkeys on Wayland", () => {
  let place: Place;
  let program: ChildProcess | undefined;

  beforeEach(async () => {
    place = await Place.make();
    place.more = { XDG_SESSION_TYPE: "wayland" };
  });
  afterEach(async () => {
    if (program) await end(program);
    await place.remove();
  });

  const view = async (): Promise<View> => (await place.call("desktop.get", {})) as View;

  it("come from the portal, which may give others, and are asked for anew when they change", async () => {
    const portal = await Portal.open((key) => (key === "CTRL+ALT+space" ? "Super+T" : key));
    try {
      program = await place.start();
      await place.call("settings.patch", { patch: { onboarded: true } });
      await until("the window", () => seen("Luna"));
      const given = await until("the keys", async () => {
        const said = await view();
        return said.hotkeys.some((key) => key.active) && said;
      });
      expect([...portal.asked]).toEqual([
        ["hotkey_open", "CTRL+ALT+l"],
        ["hotkey_ask", "CTRL+SHIFT+space"],
        ["hotkey_talk", "CTRL+ALT+space"],
      ]);
      expect(given.hotkeys.map((key) => key.active)).toEqual([true, true, true]);
      expect(given.hotkeys[2]?.problem).toContain("Super+T");
      expect(given.hotkeys_note).toContain("confirm");

      await place.call("settings.patch", { patch: { hotkey_ask: "Ctrl+Alt+J" } });
      await until("the other key", async () => portal.asked.get("hotkey_ask") === "CTRL+ALT+j");
      // Were the old ones still held, a press would count twice.
      await until("one session", async () => portal.sessions.length === 1);
      await until("the bar", async () => {
        portal.press("hotkey_ask");
        // She may not listen yet; what was pressed then is lost.
        for (let look = 0; look < 50; look += 1) {
          if (await seen("^Ask Luna$")) return true;
          await new Promise((later) => setTimeout(later, 100));
        }
        return false;
      });
    } finally {
      portal.close();
    }
  });

  it("are commands to bind where the desktop has no portal", async () => {
    program = await place.start();
    const said = await until("the commands", async () => {
      const now = await view();
      return now.bind.length > 0 && now;
    });
    expect(said.bind).toEqual(["luna open --toggle", "luna open --quick", "luna-desktop --talk"]);
    expect(said.hotkeys.every((key) => !key.active)).toBe(true);
    expect(said.hotkeys_note).toContain("Bind these commands");
  });
});
