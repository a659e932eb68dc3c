// A spoken turn as a row of stages, each with its share of the whole.
import type { VoiceTurn } from "@/wire";

const STAGES = ["recognise", "think", "sound"] as const;
export type Stage = (typeof STAGES)[number];

export interface Share {
  stage: Stage;
  ms: number;
  /** Of the whole, in per cent. */
  percent: number;
}

/** From the last word to the first sound, stage by stage; a stage that did not happen is left out. */
export function shares(turn: VoiceTurn): Share[] {
  const times: Record<Stage, number | null> = { recognise: turn.recognise_ms, think: turn.think_ms, sound: turn.sound_ms };
  const whole = STAGES.reduce((sum, stage) => sum + (times[stage] ?? 0), 0);
  return STAGES.flatMap((stage) => {
    const ms = times[stage];
    return ms === null ? [] : [{ stage, ms, percent: whole === 0 ? 0 : (ms * 100) / whole }];
  });
}
