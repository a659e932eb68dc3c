import { expect, test, vi } from "vitest";
import type { Event } from "@/wire";

const told = vi.hoisted(() => [] as ((event: unknown) => void)[]);
vi.mock("@/shell/live.svelte", () => ({ live: { listen: (listener: (event: unknown) => void) => told.push(listener) } }));

const { voice } = await import("./voice.svelte");

test("words that stay are told from those that may change, until all is heard", () => {
  voice.start();
  const tell = (event: Event) => told.forEach((listener) => listener(event));
  tell({ type: "voice_heard", text: "set the", tentative: "volume to", whole: false });
  expect([voice.heard, voice.tentative]).toEqual(["set the", "volume to"]);
  tell({ type: "voice_heard", text: "set the volume to thirty", tentative: "", whole: true });
  expect([voice.heard, voice.tentative]).toEqual(["set the volume to thirty", ""]);
  tell({ type: "voice_changed", phase: "listening", trouble: null });
  expect([voice.heard, voice.tentative]).toEqual(["", ""]);
});
