// Short notices at the edge of the window, some with a way back.
import { t } from "@/i18n/index.svelte";
import { Failure } from "@/transport";
import { live } from "./live.svelte";

export interface Toast {
  id: number;
  text: string;
  level: "info" | "warning" | "error";
  action?: { label: string; run: () => void };
}

class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;

  show(text: string, options: Partial<Pick<Toast, "level" | "action">> = {}): void {
    const toast: Toast = { id: this.#next++, text, level: options.level ?? "info" };
    if (options.action) toast.action = options.action;
    this.list = [...this.list.slice(-3), toast];
  }

  /** Says that something failed; a failure of the line is said by the banner instead. */
  failed(thrown: unknown): void {
    const failure = Failure.of(thrown);
    if (failure.kind === "cancelled") return;
    if (failure.offline) live.lost();
    this.show(failure.offline ? t().failure.network : failure.message, { level: "error" });
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
