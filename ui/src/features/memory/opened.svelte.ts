// Which fact is looked at, so that it can be opened from anywhere.
import { router } from "@/shell/route.svelte";
import type { Fact } from "@/wire";

class Opened {
  fact = $state.raw<Fact | undefined>(undefined);

  show(fact: Fact): void {
    this.fact = fact;
    router.go("memory", "facts");
  }
}

export const opened = new Opened();
