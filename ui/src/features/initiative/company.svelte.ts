// Whether the user is there and whether Luna keeps quiet, as the whole UI shows it.
import { live } from "@/shell/live.svelte";
import { toasts } from "@/shell/toasts.svelte";
import { luna } from "@/transport";
import type { Leave, UserNow } from "@/wire";

class Company {
  user = $state.raw<UserNow | undefined>(undefined);
  /** Whether the user left by this window: then it need not wait until it is still. */
  leftHere = $state(false);
  readonly gone = $derived(this.user?.state === "away" || this.user?.state === "sleeping");

  start(): void {
    live.listen((event) => {
      if (event.type === "user_changed") this.#now(event.user);
    });
  }

  async refresh(): Promise<void> {
    try {
      this.#now((await luna.call("initiative.get", {})).user);
    } catch {
      // The line to the core says itself when it is lost.
    }
  }

  /** The user leaves; null says that they are here. */
  async leave(leave: Leave | null): Promise<void> {
    try {
      const user = await luna.call("initiative.leave", { leave });
      this.leftHere = leave !== null;
      this.#now(user);
    } catch (thrown) {
      toasts.failed(thrown);
    }
  }

  #now(user: UserNow): void {
    this.user = user;
    if (user.leave === null) this.leftHere = false;
  }
}

export const company = new Company();
