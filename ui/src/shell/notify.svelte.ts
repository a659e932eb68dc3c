// Notifications of the system, for when the window is not looked at. The user switches them on; the browser asks once more.
import { inDesktop } from "@/transport";
import { keep, kept } from "./kept";

class Notifier {
  #wanted = $state(kept("notify") === "on");

  /** In the window of the desktop program it is the program that tells, also when the window is gone. */
  get possible(): boolean {
    return !inDesktop && "Notification" in window;
  }

  get on(): boolean {
    return this.#wanted && this.possible && Notification.permission === "granted";
  }

  /** Switches them on or off; whether they are as wanted now. */
  async set(on: boolean): Promise<boolean> {
    if (on && this.possible && Notification.permission !== "granted" && (await Notification.requestPermission()) !== "granted") return false;
    this.#wanted = on;
    keep("notify", on ? "on" : "");
    return true;
  }

  /** Tells of something, unless the window is looked at; whether it did. A click brings the window to the front and does `act`. */
  tell(title: string, body: string, act: () => void): boolean {
    if (!this.on || (document.visibilityState === "visible" && document.hasFocus())) return false;
    const shown = new Notification(title, { body, tag: `${title}${body}` });
    shown.onclick = () => {
      window.focus();
      shown.close();
      act();
    };
    return true;
  }
}

export const notifier = new Notifier();
