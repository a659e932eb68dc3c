import { describe, expect, it } from "vitest";
import type { Confirmation, Event, Message } from "@/wire";
import { apply, closed, EMPTY, fromMessages, isAsked, planOf, repeatsPlan, sent, streaming, textOf, unsent, withEarlier, type Answered, type Thread } from "./thread";

const AT = "2026-11-22T09:00:00Z";
const started: Event = { type: "turn_started", conversation: "c", turn: "t", message: "m", model: "builtin", provider: "builtin" };
const token = (text: string, turn = "t"): Event => ({ type: "token", turn, text });
const call = { id: "1", name: "read_file", input: { path: "a.md" } };
const result = { call_id: "1", name: "read_file", content: "hello", is_error: false, from_outside: true };
const question = {
  action: { id: "a", turn: "t", tool: "run_command", input: {}, actor: { kind: "user" }, evidence: [], reversible: false },
  summary: "Run a command",
  effect: "",
  why: "",
  risk: "dangerous",
  always: null,
  asked_at: AT,
  expires_at: AT,
} satisfies Confirmation;

function begun(): Thread {
  return apply(sent(EMPTY, "k", "hi", [], AT), [started]);
}
function last(thread: Thread): Answered {
  const entry = thread.entries.at(-1);
  if (entry?.who !== "luna") throw new Error("the last entry is not an answer");
  return entry;
}
function message(id: string, role: "user" | "assistant", content: string): Message {
  return { id, conversation: "c", turn: "t", role, content, images: [], tools: [], model: null, state: "complete", created_at: AT };
}

describe("a thread", () => {
  it("learns its conversation and model when the turn starts", () => {
    const thread = begun();
    expect(thread.conversation).toBe("c");
    expect(last(thread)).toMatchObject({ turn: "t", model: "builtin", state: "streaming" });
  });

  it("joins tokens into one text and keeps tools between texts", () => {
    const thread = apply(begun(), [
      token("Let me "),
      token("look."),
      { type: "tool_started", turn: "t", action: "a", call, mode: "allow" },
      { type: "tool_ended", turn: "t", action: "a", result, duration_ms: 12 },
      token("Done."),
    ]);
    expect(last(thread).parts).toEqual([
      { kind: "text", text: "Let me look." },
      { kind: "tool", action: "a", call, mode: "allow", result, durationMs: 12 },
      { kind: "text", text: "Done." },
    ]);
    expect(textOf(last(thread))).toBe("Let me look.\n\nDone.");
  });

  it("keeps thinking apart from what is said", () => {
    const thread = apply(begun(), [{ type: "thinking", turn: "t", text: "hm" }, token("Yes")]);
    expect(textOf(last(thread))).toBe("Yes");
    expect(last(thread).parts[0]).toEqual({ kind: "thinking", text: "hm" });
  });

  it("leaves other turns alone", () => {
    const thread = begun();
    expect(apply(thread, [token("other", "another turn")])).toEqual(thread);
  });

  it("does not touch entries that did not change", () => {
    const before = begun();
    const after = apply(before, [token("x")]);
    expect(after.entries[0]).toBe(before.entries[0]);
  });

  it("asks once and settles", () => {
    const asked = apply(begun(), [
      { type: "confirmation_asked", confirmation: question },
      { type: "confirmation_asked", confirmation: question },
    ]);
    expect(last(asked).parts).toHaveLength(1);
    const settled = apply(asked, [{ type: "confirmation_settled", action: "a", outcome: "denied" }]);
    expect(last(settled).parts[0]).toMatchObject({ kind: "question", outcome: "denied" });
  });

  it("closes open questions when the turn ends", () => {
    const thread = apply(begun(), [
      { type: "confirmation_asked", confirmation: question },
      { type: "turn_ended", conversation: "c", turn: "t", message: "m2", usage: null, stopped: true },
    ]);
    expect(last(thread)).toMatchObject({ state: "stopped" });
    expect(last(thread).parts[0]).toMatchObject({ outcome: "cancelled" });
  });

  it("keeps what was said when the turn fails", () => {
    const thread = apply(begun(), [
      token("Half"),
      { type: "turn_failed", conversation: "c", turn: "t", kind: "unavailable", message: "The model went away." },
    ]);
    expect(last(thread)).toMatchObject({ state: "failed", failure: { message: "The model went away." } });
    expect(textOf(last(thread))).toBe("Half");
  });

  it("marks an answer whose end was not heard of", () => {
    expect(last(closed(apply(begun(), [token("Half")]))).state).toBe("lost");
    const ended = apply(begun(), [{ type: "turn_ended", conversation: "c", turn: "t", message: "m", usage: null, stopped: false }]);
    expect(last(closed(ended)).state).toBe("complete");
  });

  it("takes back what was never sent", () => {
    expect(unsent(sent(EMPTY, "k", "hi", [], AT), "k").entries).toEqual([]);
  });

  it("knows whether it is streaming", () => {
    expect(streaming(begun())).toBeDefined();
    expect(streaming(closed(begun()))).toBeUndefined();
  });

  it("pages backwards until a page is not full", () => {
    const first = fromMessages("c", [message("3", "user", "c"), message("4", "assistant", "d")], 2);
    expect(first).toMatchObject({ earlier: true, oldest: "3" });
    const whole = withEarlier(first, [message("2", "user", "b")], 2);
    expect(whole.entries.map((entry) => entry.key)).toEqual(["2", "3", "4"]);
    expect(whole).toMatchObject({ earlier: false, oldest: "2" });
  });
});

describe("a plan that was made in a conversation", () => {
  const id = "01a201e4-fb98-762a-94eb-d8cbbcfeeb49";
  const made = { call_id: "1", name: "plan_commands", content: `Plan ${id}:\n1. x`, is_error: false, from_outside: false };
  const planning = { id: "1", name: "plan_commands", input: { words: "x" } };
  const thread = apply(sent(EMPTY, "k", "plan x", [], AT), [
    started,
    { type: "tool_started", turn: "t", action: "a", call: planning, mode: "allow" },
    { type: "tool_ended", turn: "t", action: "a", result: made, duration_ms: 1 },
    token(`Plan ${id}:\n1. x`),
  ]);

  it("is known by its id, and is not told twice", () => {
    const answer = thread.entries.at(-1);
    if (answer?.who !== "luna") throw new Error("no answer");
    expect(answer.parts.map(planOf)).toEqual([id, undefined]);
    expect(repeatsPlan(answer, `Plan ${id}:\n1. x`)).toBe(true);
    expect(repeatsPlan(answer, "I made a plan.")).toBe(false);
  });

  it("has stored what was said under the id of the core", () => {
    expect(thread.entries[0]).toMatchObject({ who: "user", message: "m" });
  });
});

it("a call that waits for an answer is told by its question alone", () => {
  const asked = apply(sent(EMPTY, "k", "x", [], AT), [started, { type: "confirmation_asked", confirmation: question }]).entries.at(-1);
  if (asked?.who !== "luna") throw new Error("no answer");
  expect(isAsked(asked, "a")).toBe(true);
  const settled = apply({ ...EMPTY, entries: [asked] }, [{ type: "confirmation_settled", action: "a", outcome: "denied" }]).entries.at(-1);
  expect(settled?.who === "luna" && isAsked(settled, "a")).toBe(false);
});
