// Ctrl+Z: takes back the last thing that can be taken back, whether the window did it or Luna did.
import { t } from "@/i18n/index.svelte";
import { luna } from "@/transport";
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

/** Takes back the newest deed of the window or of Luna. */
export async function undoLast(): Promise<void> {
  try {
    const kept = (await luna.call("undo.list", { limit: 20 })).find((entry) => !entry.undone);
    const own = deeds.at(-1);
    if (own && (!kept || own.at >= Date.parse(kept.at))) {
      await takeBack(own);
    } else if (kept) {
      const { restored } = await luna.call("undo.action", { action: kept.action });
      toasts.show(t().undo.did(kept.summary, restored));
    } else {
      toasts.show(t().undo.nothing);
    }
  } catch (thrown) {
    toasts.failed(thrown);
  }
}
