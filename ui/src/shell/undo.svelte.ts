// Ctrl+Z: takes back the last thing that can be taken back, whether the window did it or Luna did.
import { t } from "@/i18n/index.svelte";
import { Failure, luna } from "@/transport";
import { toasts } from "./toasts.svelte";

interface Deed {
  at: number;
  undo: () => Promise<void>;
}

let deeds: Deed[] = [];

/** Remembers something done in the window; `undo` takes it back and says so. */
export function undoable(undo: () => Promise<void>): Deed {
  const deed = { at: Date.now(), undo };
  deeds = [...deeds.slice(-19), deed];
  return deed;
}

/** Takes back one deed of the window, once. */
export async function takeBack(deed: Deed): Promise<void> {
  if (!deeds.includes(deed)) return;
  deeds = deeds.filter((other) => other !== deed);
  try {
    await deed.undo();
  } catch (thrown) {
    toasts.failed(thrown);
  }
}

/** What Luna did: one action, or all of a turn. */
export type Kept = { action: string } | { turn: string };

/**
 * Brings back what Luna changed, and tells `done` which files. Where a file was changed since, nothing is touched and
 * the user is asked whether to go on.
 */
export async function bringBack(kept: Kept, done: (restored: string[]) => void, force = false): Promise<void> {
  try {
    const { restored } =
      "action" in kept ? await luna.call("undo.action", { ...kept, force }) : await luna.call("undo.turn", { ...kept, force });
    done(restored);
  } catch (thrown) {
    const failure = Failure.of(thrown);
    if (failure.kind !== "conflict" || force) {
      toasts.failed(failure);
      return;
    }
    toasts.show(failure.message, {
      level: "warning",
      action: { label: t().undo.anyway, run: () => void bringBack(kept, done, true) },
    });
  }
}

/** Takes back the newest deed of the window or of Luna. */
export async function undoLast(): Promise<void> {
  try {
    const kept = (await luna.call("undo.list", { limit: 20 })).find((entry) => !entry.undone);
    const own = deeds.at(-1);
    if (own && (!kept || own.at >= Date.parse(kept.at))) {
      await takeBack(own);
    } else if (kept) {
      await bringBack({ action: kept.action }, (restored) => toasts.show(t().undo.did(kept.summary, restored)));
    } else {
      toasts.show(t().undo.nothing);
    }
  } catch (thrown) {
    toasts.failed(thrown);
  }
}
