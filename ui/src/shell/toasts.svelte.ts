// Short notices at the edge of the window, some with a way back.
import { t } from "@/i18n/index.svelte";
import { Failure } from "@/transport";
import { live } from "./live.svelte";

export interface Toast {
  id: number;
  text: string;
  level: "info" | "warning" | "error";
  action?: { label: string; run: () => void };
  /** What it is about: it goes when that is settled, and not before. */
  about?: string;
}

class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;

  show(text: string, options: Partial<Pick<Toast, "level" | "action" | "about">> = {}): void {
    const toast: Toast = { id: this.#next++, text, level: options.level ?? "info" };
    if (options.action) toast.action = options.action;
    if (options.about !== undefined) toast.about = options.about;
    this.list = [...this.list.slice(-3), toast];
  }

  /** Says that something failed; a failure of the line is said by the banner instead. */
  failed(thrown: unknown): void {
    const failure = Failure.of(thrown);
    if (failure.kind === "cancelled") return;
    if (failure.offline) live.lost();
    this.show(failure.offline ? t().failure.network : failure.message, { level: "error" });
  }

  dismissAbout(about: string): void {
    this.list = this.list.filter((toast) => toast.about !== about);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
