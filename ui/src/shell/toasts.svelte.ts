// Short notices at the edge of the window, some with a way back.
import { t } from "@/i18n/index.svelte";
import { Failure } from "@/transport";
import { live } from "./live.svelte";

export interface Toast {
  id: number;
  text: string;
  level: "info" | "warning" | "error";
  action?: { label: string; run: () => void };
  /** What it is about: it goes when that is settled or it is sent away, and not before. */
  about?: string;
}

/** Most that go by themselves and are shown at once. */
const MOST = 4;

class Toasts {
  list = $state.raw<Toast[]>([]);
  #next = 1;

  show(text: string, options: Partial<Pick<Toast, "level" | "action" | "about">> = {}): void {
    const toast: Toast = { id: this.#next++, text, level: options.level ?? "info" };
    if (options.action) toast.action = options.action;
    if (options.about !== undefined) toast.about = options.about;
    const passing = this.list.filter(({ about }) => about === undefined);
    const crowd = new Set(toast.about === undefined ? passing.slice(0, -(MOST - 1)) : []);
    this.list = [...this.list.filter((one) => !crowd.has(one)), toast];
  }

  /** How many stay that are about this. */
  about(what: string): number {
    return this.list.filter(({ about }) => about === what).length;
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
