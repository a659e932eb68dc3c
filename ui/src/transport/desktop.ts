// What only the desktop program can do for its windows, beside the command table. In a browser there is none of it.
import { invoke } from "@tauri-apps/api/core";

/** What was at hand when the quick bar opened. */
export interface Surroundings {
  selection: string | null;
  clipboard: string | null;
  /** The `data:` address of a picture of the screen, when the bar was opened to ask about it. */
  screenshot: string | null;
}

const NOTHING: Surroundings = { selection: null, clipboard: null, screenshot: null };

/** Whether this page is in a window of the desktop program. */
export const inDesktop = "__TAURI_INTERNALS__" in window;

export const desktop = {
  /** The first screen can be used: says so once it was really painted. */
  painted(): void {
    if (inDesktop) requestAnimationFrame(() => setTimeout(() => this.ready()));
  },

  /** The page can be typed into. A hidden window paints nothing, so that it cannot wait for that. */
  ready(): void {
    if (inDesktop) void invoke("painted");
  },

  /** What is selected, what is in the clipboard, and the screen when it was taken: that is handed out once. */
  context: (): Promise<Surroundings> => (inDesktop ? invoke<Surroundings>("context").catch(() => NOTHING) : Promise.resolve(NOTHING)),

  /** Makes the quick bar as high as this. */
  async fit(height: number): Promise<void> {
    if (inDesktop) await invoke("fit", { height });
  },

  /** Puts the quick bar away; with a route, the window opens there. */
  async dismiss(route?: string): Promise<void> {
    if (inDesktop) await invoke("dismiss", { route: route ?? null });
  },
};
