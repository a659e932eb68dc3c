// What the stand-in core hears, says, sees and draws.
import type { KnownVoiceView, Scene, Shape, VoicePhase, VoiceTurn } from "@/wire";
import type { Core } from "./core";
import { ago, MINUTE } from "./data";
import { pause, type Part } from "./handlers";

const shape = (kind: Shape["kind"], position: Shape["position"], size: Shape["size"], color: string, more: Partial<Shape> = {}): Shape => ({
  kind,
  position,
  size,
  rotation: [0, 0, 0],
  color,
  glow: 0,
  opacity: 1,
  count: 0,
  label: "",
  motion: "none",
  motion_seconds: 8,
  ...more,
});

const SCENE: Scene = {
  title: "A ball and its ring",
  background: "#0a1128",
  camera: { position: [0, 5, 14], target: [0, 2, 0], orbit_seconds: 90 },
  lights: [
    { kind: "ambient", color: "#8090c0", intensity: 0.6, position: [0, 0, 0] },
    { kind: "sun", color: "#fff4d6", intensity: 1.4, position: [20, 30, 20] },
    { kind: "point", color: "#ff9a4a", intensity: 1, position: [-4, 3, 4] },
  ],
  shapes: [
    shape("plane", [0, 0, 0], [40, 0, 40], "#24405c", { motion: "wave" }),
    shape("sphere", [0, 3, 0], [3, 3, 3], "#e0b64a", { motion: "bob", label: "Luna" }),
    shape("torus", [0, 3, 0], [6, 0.3, 6], "#b8c8ff", { rotation: [20, 0, 0], motion: "spin" }),
    shape("box", [-5, 1, -2], [2, 2, 2], "#c0483c"),
    shape("box", [5, 1, -2], [2, 2, 2], "#3c7bc0"),
    shape("cone", [0, 1.5, -6], [3, 3, 3], "#4a9060"),
    shape("points", [0, 12, -8], [60, 20, 30], "#ffffff", { count: 300, motion: "twinkle", glow: 1 }),
  ],
};

const voiceTurns = (): VoiceTurn[] => [
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

/** A drawn desktop, or a drawn face before the camera. */
function pictureOf(of: "screen" | "camera"): string {
  const drawn =
    of === "camera"
      ? '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480"><rect width="640" height="480" fill="#64748b"/><circle cx="320" cy="210" r="90" fill="#e2b48c"/><path d="M140 480c20-130 340-130 360 0z" fill="#334155"/></svg>'
      : '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720"><rect width="1280" height="720" fill="#1e3a5f"/><rect x="80" y="70" width="700" height="480" rx="8" fill="#f8fafc"/><rect x="120" y="120" width="380" height="16" fill="#94a3b8"/><rect x="120" y="160" width="560" height="16" fill="#cbd5e1"/><rect x="120" y="200" width="480" height="16" fill="#cbd5e1"/><rect x="840" y="300" width="360" height="300"/></svg>';
  return `data:image/svg+xml,${encodeURIComponent(drawn)}`;
}

export function senses(core: Core): Part<"voice" | "sight" | "scene"> {
  let voicePhase: VoicePhase = "off";
  let knownVoice: KnownVoiceView = { known: false, heard: 0, wanted: 5, confused: [0.5, 2.7, 18.9], place: "the system keyring" };
  return {
    "scene.make": ({ prompt }) => ({ scene: { ...SCENE, title: prompt }, model: null, note: null }),
    "sight.cameras": () => (core.bare ? [] : [{ id: "/dev/video0", name: "Integrated camera" }]),
    "sight.picture": async ({ of }) => {
      if (of === "camera") core.publish({ type: "camera_changed", on: true });
      await pause(of === "camera" ? 600 : 60);
      if (of === "camera") core.publish({ type: "camera_changed", on: false });
      const [hidden, passwords] = of === "camera" ? [[], 0] : [["KeePassXC"], 1];
      return { url: pictureOf(of), width: 1920, height: of === "camera" ? 1440 : 1080, hidden, passwords, unchecked: [] };
    },
    "voice.state": () => ({ phase: voicePhase, trouble: null, speaking: false, turns: core.bare ? [] : voiceTurns() }),
    "voice.ready": () => ({
      inputs: [{ id: "usb", name: "USB microphone" }],
      outputs: [{ id: "hdmi", name: "Loudspeakers" }],
      recogniser: core.bare ? null : "whisper base",
      engine: "espeak-ng",
      knows_phrase: core.settings.voice.wake_phrase.toLowerCase() === "hey luna",
      missing: core.bare ? ["The speech model base is not here: `luna models get whisper-base` fetches it (142 MB)."] : [],
    }),
    "voice.press": ({ button }) => {
      // A short press, as the tests make it: what it did stands when it is let go.
      if (button === "release") return {};
      voicePhase = voicePhase === "off" && button !== "hush" ? "listening" : "off";
      core.publish({ type: "voice_changed", phase: voicePhase, trouble: null });
      if (voicePhase === "listening") core.publish({ type: "voice_level", level: 0.6 });
      return {};
    },
    "voice.speak": async () => {
      await pause(200);
      return {};
    },
    "voice.known": () => knownVoice,
    "voice.learn": async () => {
      await pause(200);
      const heard = knownVoice.heard + 1;
      knownVoice = { ...knownVoice, known: knownVoice.known || heard === knownVoice.wanted, heard: heard % knownVoice.wanted };
      if (heard === knownVoice.wanted) core.settings.voice = { ...core.settings.voice, only_known: true };
      return knownVoice;
    },
    "voice.forget": () => {
      knownVoice = { ...knownVoice, known: false, heard: 0 };
      core.settings.voice = { ...core.settings.voice, only_known: false };
      return knownVoice;
    },
  };
}
