// What Luna's ears and mouth do, as the whole UI sees it.
import { live } from "@/shell/live.svelte";
import { toasts } from "@/shell/toasts.svelte";
import { luna } from "@/transport";
import type { Commands, VoicePhase, VoiceTurn } from "@/wire";

type Button = Commands["voice.press"]["request"]["button"];

/** Turns that are shown. */
const SHOWN = 20;

class Voice {
  phase = $state<VoicePhase>("off");
  trouble = $state<string | undefined>(undefined);
  level = $state(0);
  /** What is understood so far and stays, or was understood last. */
  heard = $state("");
  /** Words behind it that may still change. */
  tentative = $state("");
  turns = $state.raw<VoiceTurn[]>([]);
  /** Whether she listens to what is said, thinks about it or speaks. */
  readonly active = $derived(this.phase === "listening" || this.phase === "thinking" || this.phase === "speaking");
  /** Presses reach her in the order they were made. */
  private pressed: Promise<unknown> = Promise.resolve();

  start(): void {
    live.listen((event) => {
      if (event.type === "voice_changed") {
        if (event.phase !== this.phase && event.phase === "listening") this.heard = this.tentative = "";
        this.phase = event.phase;
        this.trouble = event.trouble ?? undefined;
        if (event.phase === "off") this.level = 0;
      } else if (event.type === "voice_level") this.level = event.level;
      else if (event.type === "voice_heard") {
        this.heard = event.text;
        this.tentative = event.tentative;
      } else if (event.type === "voice_turn_ended") this.turns = [event.turn, ...this.turns].slice(0, SHOWN);
    });
  }

  async refresh(): Promise<void> {
    try {
      const state = await luna.call("voice.state", {});
      this.phase = state.phase;
      this.trouble = state.trouble ?? undefined;
      this.turns = state.turns;
    } catch {
      // The line to the core says itself when it is lost.
    }
  }

  press(button: Button): void {
    this.pressed = this.pressed.then(() => luna.call("voice.press", { button })).catch((thrown: unknown) => toasts.failed(thrown));
  }
}

export const voice = new Voice();
