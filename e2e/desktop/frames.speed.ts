// `npm run desktop:bench`: how smoothly the real window draws an answer that a model streams at 200 tokens a second, through a
// provider's wire, Luna and IPC. Prints numbers; what is plainly broken fails.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { handbook } from "../../ui/src/transport/fake/handbook";
import { startProvider, type Provider } from "../provider";
import { until, Window } from "./driver";
import { Place } from "./program";

const PACE = 200;
const PLAIN = Array.from({ length: 60 }, (_, n) => `Paragraph ${n + 1}. The quick brown fox jumps over the lazy dog.`).join("\n\n");
const RICH = handbook(2);

interface Frames {
  median: number;
  p99: number;
  longest: number;
  count: number;
  /** When, after the beginning, a frame was longer than it should be, and how long. */
  slow: [at: number, ms: number][];
}

/** Writes down when frames come until the button to send is back; from then on, where a test can read it. */
const LOG = `
  const taken = [], slow = [];
  let before = performance.now();
  const start = before;
  let begun = false;
  const next = (now) => {
    taken.push(now - before);
    if (now - before > 50) slow.push([Math.round(before - start), Math.round(now - before)]);
    before = now;
    const idle = document.querySelector('button[aria-label="Send"]') !== null;
    begun ||= !idle;
    if (begun && idle) {
      taken.sort((a, b) => a - b);
      const at = (share) => Math.round(taken[Math.min(taken.length - 1, Math.floor(taken.length * share))] * 10) / 10;
      window.framesTaken = { median: at(0.5), p99: at(0.99), longest: at(1), count: taken.length, slow };
    } else requestAnimationFrame(next);
  };
  window.framesTaken = null;
  requestAnimationFrame((now) => { before = now; requestAnimationFrame(next); });`;

describe("frames of the window", () => {
  let place: Place;
  let window: Window;
  let provider: Provider;

  beforeAll(async () => {
    provider = await startProvider({ answer: (said) => (said.includes("handbook") ? RICH : PLAIN), pace: PACE });
    place = await Place.make();
    place.more = { LLM_PROVIDER: "openai-compatible", OPENAI_API_KEY: "sk-none", OPENAI_BASE_URL: provider.url, OPENAI_MODEL: "stub-model" };
    window = await Window.open(place.program, place.environment);
    await until("Luna answers", () => place.call("settings.patch", { patch: { onboarded: true, user_name: "Ada" } }));
  });
  afterAll(async () => {
    await window?.close();
    await provider?.stop();
    await place?.remove();
  });

  it.each([
    ["plain text", "tell me something long"],
    ["titles, tables and code", "read me the handbook"],
  ])("that shows %s", async (what, message) => {
    await window.see("the composer", "return document.querySelector('textarea') !== null");
    // A person reads before they send.
    await new Promise((later) => setTimeout(later, 2_000));
    await window.run(LOG);
    await window.type("textbox", /^Message /, `${message}\n`);
    const { median, p99, longest, count, slow } = await window.see<Frames>("the end of the answer", "return window.framesTaken");
    console.log(`the real window, an answer of ${what} at ${PACE} tokens a second: median ${median} ms, 99 of 100 below ${p99} ms, longest ${longest} ms (${count} frames)`);
    if (slow.length > 0) console.log(`  longer than 50 ms: ${slow.map(([at, ms]) => `${ms} ms after ${at / 1000} s`).join(", ")}`);
    expect(count).toBeGreaterThan(60);
  });
});
