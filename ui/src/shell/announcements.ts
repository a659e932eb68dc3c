// What happens elsewhere is told where the user is: questions, finished tasks and runs, answers, and what Luna begins by herself.
import { t } from "@/i18n/index.svelte";
import { luna } from "@/transport";
import type { AgentTask, Confirmation, Event, JsonValue, RunId, RunState } from "@/wire";
import { live } from "./live.svelte";
import { notifier } from "./notify.svelte";
import { isOwn, ownWords } from "./ownwords.svelte";
import { questions } from "./questions.svelte";
import { router } from "./route.svelte";
import { toasts } from "./toasts.svelte";

const OVER: RunState[] = ["completed", "partial", "failed"];
const told = new Map<string, AgentTask["state"]>();

export function startAnnouncements(): void {
  live.listen(announce);
  document.addEventListener("visibilitychange", () => {
    void ownWords.catchUp();
  });
}

/** Says once that programs outside do not reach Luna as they should. */
export async function announceClosedPorts(): Promise<void> {
  const desktop = await luna.call("desktop.get", {}).catch(() => null);
  if (!desktop || desktop.closed_ports.length === 0) return;
  const show = (): void => router.go("settings", "desktop");
  toasts.show(t().desktop.closedShort, { level: "warning", action: { label: t().announce.show, run: show } });
}

function announce(event: Event): void {
  switch (event.type) {
    case "confirmation_asked":
      asked(event.confirmation);
      break;
    case "confirmation_settled":
      toasts.dismissAbout(event.action);
      break;
    case "task_changed":
      taskChanged(event.task);
      break;
    case "run_changed":
      if (OVER.includes(event.state)) runOver(event.run, event.state);
      break;
    case "turn_ended":
      notifier.tell(t().announce.answered, "", () => router.go("chat", event.conversation));
      break;
    case "notice":
      if (event.about === "lagged") break;
      spoken(event.text, event.level, event.about);
      break;
  }
}

function spoken(text: string, level: string, about: JsonValue): void {
  const told = notifier.tell(t().app.name, text, () => undefined);
  if (!isOwn(about)) {
    toasts.show(text, { level: level === "error" || level === "warning" ? level : "info" });
    return;
  }
  const word = { text, about, at: new Date().toISOString() };
  if (document.visibilityState === "visible") ownWords.show(word);
  else if (told) ownWords.shown(word);
}

/** A question that the conversation in sight shows itself needs no notice in the window. */
function asked({ action, summary }: Confirmation): void {
  const show = (): void => {
    questions.open = true;
  };
  notifier.tell(t().announce.question, summary, show);
  const here = router.current.screen === "chat" && action.actor.kind === "model" && action.actor.conversation === router.current.detail;
  if (here || questions.open) return;
  toasts.show(`${t().announce.question}: ${summary}`, { level: "warning", about: action.id, action: { label: t().announce.answer, run: show } });
}

function taskChanged(task: AgentTask): void {
  const before = told.get(task.id);
  told.set(task.id, task.state);
  if (before === task.state || (task.state !== "completed" && task.state !== "failed")) return;
  const show = (): void => router.go("agent", "tasks");
  const text = `${task.state === "completed" ? t().announce.taskDone : t().announce.taskFailed}: ${task.title}`;
  notifier.tell(text, task.error ?? "", show);
  if (router.current.screen === "agent" && router.current.detail === "tasks") return;
  toasts.show(text, { level: task.state === "failed" ? "error" : "info", action: { label: t().announce.show, run: show } });
}

/** Where the run is in sight it says so itself: on its page, or as a card in a conversation. */
function runOver(run: RunId, state: RunState): void {
  const show = (): void => router.go("run", run);
  const text = `${t().announce.run}: ${t().run.states[state]}`;
  notifier.tell(text, "", show);
  if (router.current.screen === "run" || router.current.screen === "chat") return;
  toasts.show(text, { level: state === "completed" ? "info" : "warning", action: { label: t().announce.show, run: show } });
}
