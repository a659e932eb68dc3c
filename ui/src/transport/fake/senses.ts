// What the stand-in core hears, says and draws.
import type { Scene, VoiceTurn } from "@/wire";
import { ago, MINUTE, HOUR } from "./data";

export const SCENE: Scene = {
  title: "A ball",
  background: "#a9cfee",
  camera: { position: [0, 6, 18], target: [0, 2, 0], orbit_seconds: 90 },
  lights: [{ kind: "ambient", color: "#ffffff", intensity: 1, position: [0, 0, 0] }],
  shapes: [
    {
      kind: "sphere",
      position: [0, 1, 0],
      size: [2, 2, 2],
      rotation: [0, 0, 0],
      color: "#5b86c9",
      glow: 0,
      opacity: 1,
      count: 0,
      label: "",
      motion: "spin",
      motion_seconds: 14,
    },
  ],
};

export const voiceTurns = (): VoiceTurn[] => [
  {
    at: ago(2 * MINUTE),
    heard: "set the volume to 30 and lock the screen",
    answered: "The volume is 30 %. The screen is locked.",
    speech_ms: 2400,
    recognise_ms: 620,
    think_ms: 140,
    sound_ms: 90,
    interrupted: false,
    slow: null,
  },
  {
    at: ago(9 * MINUTE),
    heard: "tell me about the moon",
    answered: "The moon goes around the earth in 27 days.",
    speech_ms: 1600,
    recognise_ms: 2100,
    think_ms: 900,
    sound_ms: 110,
    interrupted: true,
    slow: "understanding took 2100 ms; a smaller model (tiny, base) is quicker",
  },
];

const TITLES: [title: string, age: number, pinned: boolean][] = [
  ["Packing list for Lisbon", 3 * DAY, true],
  ["Why is the disk full", 20 * MINUTE, false],
  ["Rust lifetimes, once more", 2 * HOUR, false],
  ["Birthday ideas for Mira", 5 * HOUR, false],
  ["Backup of the photos", 1 * DAY + HOUR, false],
  ["Sourdough timings", 1 * DAY + 4 * HOUR, false],
  ["Rename 300 scans", 3 * DAY, false],
  ["Tax documents to gather", 5 * DAY, false],
  ["A quieter fan curve", 12 * DAY, false],
  ["Reading list", 30 * DAY, false],
];
