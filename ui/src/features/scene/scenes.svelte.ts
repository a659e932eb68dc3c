// The scene that is shown over the window, and the wish for a new one.
import { live } from "@/shell/live.svelte";
import { toasts } from "@/shell/toasts.svelte";
import { luna } from "@/transport";
import type { SceneView } from "@/wire";

class Scenes {
  open = $state(false);
  shown = $state.raw<SceneView | undefined>(undefined);
  busy = $state(false);

  start(): void {
    live.listen((event) => {
      if (event.type === "scene_shown") this.show({ scene: event.scene, model: null, note: null });
    });
  }

  show(view: SceneView): void {
    this.shown = view;
    this.open = true;
  }

  /** Asks what is to be drawn. */
  ask(): void {
    this.shown = undefined;
    this.open = true;
  }

  async make(prompt: string): Promise<void> {
    this.busy = true;
    try {
      this.show(await luna.call("scene.make", { prompt }));
    } catch (thrown) {
      toasts.failed(thrown);
    } finally {
      this.busy = false;
    }
  }
}

export const scenes = new Scenes();
