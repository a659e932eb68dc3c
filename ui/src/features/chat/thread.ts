// A conversation as it is shown, and how events change it. Pure: no transport, no clock of its own.
import type { ActionId, Confirmation, ErrorKind, Event, Image, Message, Mode, ToolCall, ToolResult, Usage } from "@/wire";

export type Part =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "tool"; action: ActionId | null; call: ToolCall; mode: Mode | null; result: ToolResult | null; durationMs: number | null }
  | { kind: "question"; confirmation: Confirmation; outcome: string | null };

export interface Said {
  who: "user";
  key: string;
  /** The stored message; null until the core has it. */
  message: string | null;
  text: string;
  images: Image[];
  at: string;
}

/** `streaming` until its end is known; `lost` when the line broke before. */
export type AnswerState = "streaming" | "complete" | "stopped" | "failed" | "lost";

export interface Answered {
  who: "luna";
  key: string;
  message: string | null;
  turn: string | null;
  parts: Part[];
  model: string | null;
  state: AnswerState;
  failure: { kind: ErrorKind; message: string } | null;
  usage: Usage | null;
  at: string;
}

export type Entry = Said | Answered;

export interface Thread {
  conversation: string | null;
  entries: Entry[];
  /** The oldest message that is here; what came before can be asked for with it. */
  oldest: string | null;
  /** Whether there may be messages before `oldest`. */
  earlier: boolean;
}

export const EMPTY: Thread = { conversation: null, entries: [], oldest: null, earlier: false };

/** A conversation from stored messages, oldest first. `page` is how many were asked for. */
export function fromMessages(conversation: string, messages: Message[], page: number): Thread {
  return {
    conversation,
    entries: messages.map(entryOf),
    oldest: messages[0]?.id ?? null,
    earlier: messages.length >= page,
  };
}

/** The same conversation with an older page before it. */
export function withEarlier(thread: Thread, messages: Message[], page: number): Thread {
  return {
    ...thread,
    entries: [...messages.map(entryOf), ...thread.entries],
    oldest: messages[0]?.id ?? thread.oldest,
    earlier: messages.length >= page,
  };
}

function entryOf(message: Message): Entry {
  if (message.role === "user") {
    return { who: "user", key: message.id, message: message.id, text: message.content, images: message.images, at: message.created_at };
  }
  const parts: Part[] = message.tools.map((use) => ({
    kind: "tool",
    action: use.action,
    call: use.call,
    mode: null,
    result: use.result,
    durationMs: use.duration_ms,
  }));
  if (message.content !== "") parts.push({ kind: "text", text: message.content });
  return {
    who: "luna",
    key: message.id,
    message: message.id,
    turn: message.turn,
    parts,
    model: message.model,
    state: message.state,
    failure: null,
    usage: null,
    at: message.created_at,
  };
}

/** The user sent something; Luna's answer is awaited. */
export function sent(thread: Thread, key: string, text: string, images: Image[], at: string): Thread {
  const said: Said = { who: "user", key, message: null, text, images, at };
  const answer: Answered = {
    who: "luna",
    key: `${key}-answer`,
    message: null,
    turn: null,
    parts: [],
    model: null,
    state: "streaming",
    failure: null,
    usage: null,
    at,
  };
  return { ...thread, entries: [...thread.entries, said, answer] };
}

/** What was sent never began; it is taken off again. */
export function unsent(thread: Thread, key: string): Thread {
  return { ...thread, entries: thread.entries.filter((entry) => entry.key !== key && entry.key !== `${key}-answer`) };
}

/** What arrived since the last frame. Events of other turns are left alone. */
export function apply(thread: Thread, events: readonly Event[]): Thread {
  return events.reduce(applyOne, thread);
}

function applyOne(thread: Thread, event: Event): Thread {
  switch (event.type) {
    case "turn_started": {
      const started = { ...stored(thread, event.message), conversation: event.conversation };
      // The first answer that has no turn yet is the one that was just sent.
      return change(started, (answer) => answer.turn === null && answer.state === "streaming", (answer) => ({
        ...answer,
        turn: event.turn,
        model: event.model,
      }));
    }
    case "token":
      return ofTurn(thread, event.turn, (answer) => grow(answer, "text", event.text));
    case "thinking":
      return ofTurn(thread, event.turn, (answer) => grow(answer, "thinking", event.text));
    case "tool_started":
      return ofTurn(thread, event.turn, (answer) => ({
        ...answer,
        parts: [...answer.parts, { kind: "tool", action: event.action, call: event.call, mode: event.mode, result: null, durationMs: null }],
      }));
    case "tool_ended":
      return ofTurn(thread, event.turn, (answer) => endTool(answer, event.action, event.result, event.duration_ms));
    case "confirmation_asked":
      return ofTurn(thread, event.confirmation.action.turn, (answer) => ask(answer, event.confirmation));
    case "confirmation_settled":
      return change(
        thread,
        (answer) => answer.parts.some((part) => part.kind === "question" && part.confirmation.action.id === event.action),
        (answer) => settle(answer, event.action, event.outcome),
      );
    case "turn_ended":
      return ofTurn(thread, event.turn, (answer) => ({
        ...closeQuestions(answer),
        message: event.message,
        state: event.stopped ? "stopped" : "complete",
        usage: event.usage,
      }));
    case "turn_failed":
      return ofTurn(thread, event.turn, (answer) => ({
        ...closeQuestions(answer),
        state: "failed",
        failure: { kind: event.kind, message: event.message },
      }));
    default:
      return thread;
  }
}

/** The stream is over. An answer whose end was not heard of is marked so. */
export function closed(thread: Thread): Thread {
  return change(thread, (answer) => answer.state === "streaming", (answer) => ({ ...closeQuestions(answer), state: "lost" }));
}

/** The answer that is being made, if one is. */
export function streaming(thread: Thread): Answered | undefined {
  const last = thread.entries.at(-1);
  return last?.who === "luna" && last.state === "streaming" ? last : undefined;
}

/** The whole text of an answer; what stands before and after a tool are paragraphs of their own. */
export function textOf(answer: Answered): string {
  return answer.parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("\n\n");
}

/** The newest thing said is stored under this id. */
function stored(thread: Thread, message: string): Thread {
  const index = thread.entries.findLastIndex((entry) => entry.who === "user");
  const entry = thread.entries[index];
  if (entry?.who !== "user" || entry.message !== null) return thread;
  return { ...thread, entries: thread.entries.with(index, { ...entry, message }) };
}

/** The plan that a tool call made, if it made one. */
export function planOf(part: Part): string | undefined {
  if (part.kind !== "tool" || part.call.name !== "plan_commands" || part.result?.is_error !== false) return undefined;
  return /^Plan ([0-9a-f-]{36}):/.exec(part.result.content)?.[1];
}

/** Whether a text only says again what a plan's card shows: the offline model answers with its tool's own words. */
export function repeatsPlan(answer: Answered, text: string): boolean {
  const id = /^Plan ([0-9a-f-]{36}):/.exec(text.trim())?.[1];
  return id !== undefined && answer.parts.some((part) => planOf(part) === id);
}

/** Whether a tool call waits for an answer of the user's; the question says it all then. */
export function isAsked(answer: Answered, action: ActionId | null): boolean {
  return answer.parts.some((part) => part.kind === "question" && part.outcome === null && part.confirmation.action.id === action);
}

function ofTurn(thread: Thread, turn: string, update: (answer: Answered) => Answered): Thread {
  return change(thread, (answer) => answer.turn === turn, update);
}

/** Searches from the end, since that is where things happen; the other entries stay the same objects. */
function change(thread: Thread, fits: (answer: Answered) => boolean, update: (answer: Answered) => Answered): Thread {
  const index = thread.entries.findLastIndex((entry) => entry.who === "luna" && fits(entry));
  const entry = thread.entries[index];
  if (entry?.who !== "luna") return thread;
  return { ...thread, entries: thread.entries.with(index, update(entry)) };
}

function grow(answer: Answered, kind: "text" | "thinking", text: string): Answered {
  const last = answer.parts.at(-1);
  if (last?.kind === kind) return { ...answer, parts: answer.parts.with(-1, { kind, text: last.text + text }) };
  return { ...answer, parts: [...answer.parts, { kind, text }] };
}

function endTool(answer: Answered, action: ActionId, result: ToolResult, durationMs: number): Answered {
  const index = answer.parts.findIndex((part) => part.kind === "tool" && part.action === action);
  const part = answer.parts[index];
  if (part?.kind !== "tool") return answer;
  return { ...answer, parts: answer.parts.with(index, { ...part, result, durationMs }) };
}

function ask(answer: Answered, confirmation: Confirmation): Answered {
  const known = answer.parts.some((part) => part.kind === "question" && part.confirmation.action.id === confirmation.action.id);
  return known ? answer : { ...answer, parts: [...answer.parts, { kind: "question", confirmation, outcome: null }] };
}

function settle(answer: Answered, action: ActionId, outcome: string): Answered {
  const parts = answer.parts.map((part) =>
    part.kind === "question" && part.confirmation.action.id === action ? { ...part, outcome } : part,
  );
  return { ...answer, parts };
}

/** A turn that is over has no open questions. */
function closeQuestions(answer: Answered): Answered {
  const parts = answer.parts.map((part) => (part.kind === "question" && part.outcome === null ? { ...part, outcome: "cancelled" } : part));
  return { ...answer, parts };
}
