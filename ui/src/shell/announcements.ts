// What happens elsewhere is told where the user is: questions, finished tasks and runs, answers, and what Luna begins by herself.
import { t } from "@/i18n/index.svelte";
import { luna } from "@/transport";
import type { AgentTask, Confirmation, Event, JsonValue, RunId, RunState } from "@/wire";
import { live } from "./live.svelte";
import { notifier } from "./notify.svelte";
import { questions } from "./questions.svelte";
import { router } from "./route.svelte";
import { toasts } from "./toasts.svelte";

const OVER: RunState[] = ["completed", "partial", "failed"];
const told = new Map<string, AgentTask["state"]>();

export function startAnnouncements(): void {
  live.listen(announce);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") void announceWaiting();
  });
}

/** Shows what Luna said by herself while nobody was there to see it. */
export async function announceWaiting(): Promise<void> {
  if (document.visibilityState !== "visible") return;
  const waiting = await luna.call("initiative.waiting", {}).catch(() => []);
  for (const { text, about } of waiting) noticed(text, "info", about);
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

/** What such a notice is about, if it is an object. */
const named = (about: JsonValue): Record<string, JsonValue | undefined> => (about !== null && typeof about === "object" && !Array.isArray(about) ? about : {});

/** Kinds of messages by Luna herself: they wait in her queue until somebody saw them. */
const OWN: JsonValue[] = ["job", "budget", "greeting", "reminder", "event"];

function spoken(text: string, level: string, about: JsonValue): void {
  const told = notifier.tell(t().app.name, text, () => undefined);
  const own = about === "proactive" || OWN.includes(named(about)["kind"] ?? null);
  const seen = document.visibilityState === "visible";
  if (seen || !own) noticed(text, level, about);
  if (own && (seen || told)) luna.call("initiative.shown", { text }).catch(() => undefined);
}

const SNOOZE_MS = 10 * 60_000;

/** What Luna says by herself; what can be done about it is offered beside it. */
function noticed(text: string, level: string, about: JsonValue): void {
  const shown = level === "error" || level === "warning" ? level : "info";
  const kind = named(about);
  const reminder = kind["kind"] === "reminder" ? kind["reminder"] : undefined;
  if (typeof reminder === "string") {
    const snooze = (): void => {
      const until = new Date(Date.now() + SNOOZE_MS).toISOString();
      luna.call("calendar.snooze", { reminder, until }).then(() => toasts.show(t().today.snoozed), (thrown: unknown) => toasts.failed(thrown));
    };
    toasts.show(text, { action: { label: t().today.snooze, run: snooze } });
  } else if (kind["kind"] === "budget") {
    toasts.show(text, { level: "warning", action: { label: t().announce.show, run: () => router.go("scheduler", "jobs") } });
  } else if (typeof kind["initiative"] === "string") {
    const of = kind["initiative"];
    const less = (): void => {
      luna.call("initiative.less", { kind: of }).then(
        (now) => toasts.show(t().initiative.now(t().initiative.restraints[now.restraint]), { action: { label: t().announce.show, run: () => router.go("settings", "initiative") } }),
        (thrown: unknown) => toasts.failed(thrown),
      );
    };
    toasts.show(text, { action: { label: t().initiative.less, run: less } });
  } else {
    toasts.show(text, { level: shown });
  }
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
