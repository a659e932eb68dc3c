import { expect, test } from "vitest";
import type { VoiceTurn } from "@/wire";
import { shares } from "./stages";

const turn: VoiceTurn = {
  at: "2026-03-01T09:00:00Z",
  heard: "what time is it",
  answered: "Noon.",
  speech_ms: 1200,
  recognise_ms: 600,
  think_ms: 300,
  sound_ms: 100,
  interrupted: false,
  slow: null,
};

test("the stages share the time from the last word to the first sound", () => {
  expect(shares(turn)).toEqual([
    { stage: "recognise", ms: 600, percent: 60 },
    { stage: "think", ms: 300, percent: 30 },
    { stage: "sound", ms: 100, percent: 10 },
  ]);
});

test("what was not spoken has no sound, and nothing is divided by zero", () => {
  expect(shares({ ...turn, sound_ms: null }).map((share) => share.stage)).toEqual(["recognise", "think"]);
  expect(shares({ ...turn, recognise_ms: 0, think_ms: 0, sound_ms: 0 }).every((share) => share.percent === 0)).toBe(true);
});
