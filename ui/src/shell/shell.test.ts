import { describe, expect, it } from "vitest";
import { backoff } from "./backoff";
import { parseRoute } from "./route.svelte";
import { shortcutOf } from "./shortcuts";

const key = (name: string, held: Partial<Record<"ctrlKey" | "altKey" | "shiftKey" | "metaKey", boolean>> = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

describe("shortcuts", () => {
  it("work everywhere with Control", () => {
    expect(shortcutOf(key("k", { ctrlKey: true }), true)).toBe("palette");
    expect(shortcutOf(key("K", { metaKey: true }), false)).toBe("palette");
    expect(shortcutOf(key("n", { ctrlKey: true }), true)).toBe("new-chat");
  });

  it("leave a text field its own undo and letters", () => {
    expect(shortcutOf(key("z", { ctrlKey: true }), true)).toBeUndefined();
    expect(shortcutOf(key("z", { ctrlKey: true }), false)).toBe("undo");
    expect(shortcutOf(key("/"), true)).toBeUndefined();
    expect(shortcutOf(key("/"), false)).toBe("search");
    expect(shortcutOf(key("?", { shiftKey: true }), false)).toBe("help");
  });

  it("reach the screens with Alt", () => {
    expect(shortcutOf(key("2", { altKey: true }), true)).toBe("screen-2");
    expect(shortcutOf(key("0", { altKey: true }), true)).toBe("screen-10");
    expect(shortcutOf(key("a", { altKey: true }), true)).toBeUndefined();
  });
});

describe("routes", () => {
  it("are read from the hash", () => {
    expect(parseRoute("#/agent/audit")).toEqual({ screen: "agent", detail: "audit" });
    expect(parseRoute("#/chat/a%20b")).toEqual({ screen: "chat", detail: "a b" });
  });

  it("fall back to the chat", () => {
    expect(parseRoute("")).toEqual({ screen: "chat", detail: "" });
    expect(parseRoute("#/nowhere/x")).toEqual({ screen: "chat", detail: "" });
    expect(parseRoute("#/run/%")).toEqual({ screen: "run", detail: "" });
  });
});

describe("back-off", () => {
  it("doubles to ten seconds, within a fifth", () => {
    expect([0, 1, 2, 3, 4, 5, 20].map((n) => backoff(n, () => 0.5))).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
    expect(backoff(2, () => 0)).toBe(1800);
    expect(backoff(2, () => 1)).toBe(2200);
  });
});
