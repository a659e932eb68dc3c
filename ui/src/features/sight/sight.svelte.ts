// Whether the camera is on, as the whole UI shows it.
import { live } from "@/shell/live.svelte";

/** A sign that is lit for a blink is seen by nobody. */
const LEAST_MS = 2_000;

class Sight {
  cameraOn = $state(false);
  private off: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    live.listen((event) => {
      if (event.type !== "camera_changed") return;
      clearTimeout(this.off);
      if (event.on) this.cameraOn = true;
      else this.off = setTimeout(() => (this.cameraOn = false), LEAST_MS);
    });
  }
}

export const sight = new Sight();
