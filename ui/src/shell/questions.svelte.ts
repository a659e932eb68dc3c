// The questions that wait for the user, whoever asked them: an answer in a chat, a background task, another window.
import { Failure, luna } from "@/transport";
import type { Answer, Confirmation } from "@/wire";
import { live } from "./live.svelte";
import { toasts } from "./toasts.svelte";

class Questions {
  pending = $state.raw<Confirmation[]>([]);
  open = $state(false);

  start(): void {
    live.listen((event) => {
      if (event.type === "confirmation_asked") {
        this.add(event.confirmation);
      } else if (event.type === "confirmation_settled") {
        this.settle(event.action);
      }
    });
  }

  async refresh(): Promise<void> {
    try {
      this.pending = await luna.call("confirmations.list", {});
    } catch (thrown) {
      if (Failure.of(thrown).offline) live.lost();
    }
  }

  add(confirmation: Confirmation): void {
    if (this.pending.some((other) => other.action.id === confirmation.action.id)) return;
    this.pending = [...this.pending, confirmation];
  }

  settle(action: string): void {
    this.pending = this.pending.filter((other) => other.action.id !== action);
  }

  /** Answers; a question that was settled meanwhile just goes away. */
  async answer(action: string, answer: Answer): Promise<void> {
    try {
      await luna.call("confirmations.answer", { action, answer });
      this.settle(action);
    } catch (thrown) {
      const failure = Failure.of(thrown);
      if (failure.kind === "not_found" || failure.kind === "conflict") this.settle(action);
      toasts.failed(failure);
    }
  }
}

export const questions = new Questions();
