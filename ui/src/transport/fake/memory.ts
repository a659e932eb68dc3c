// How the stand-in core's facts connect, and what it condensed.
import type { Condensed, Fact, FactLink } from "@/wire";
import { ago, DAY, facts, HOUR } from "./data";

export function links(): FactLink[] {
  return [
    { from: "f2", to: "f6", reason: { kind: "meaning" }, strength: 0.61 },
    { from: "f3", to: "f4", reason: { kind: "conversation", conversation: "c2" }, strength: 0.4 },
    { from: "f1", to: "f5", reason: { kind: "conversation", conversation: "c1" }, strength: 0.4 },
    { from: "f0", to: "f6", reason: { kind: "meaning" }, strength: 0.58 },
    { from: "f2", to: "f3", reason: { kind: "name", name: "Porto" }, strength: 0.8 },
  ];
}

export function condensed(): Condensed {
  const known = facts();
  const old = (content: string, age: number): Fact => ({
    ...(known[5] as Fact),
    id: `old-${age}`,
    content,
    superseded_by: "f5",
    ended_at: ago(age),
  });
  return {
    facts: [
      { before: old("user's external disk is called Titan", HOUR), now: known[5] ?? null, merged: false },
      { before: old("user likes answers to be short", 2 * DAY), now: known[1] ?? null, merged: true },
    ],
    conversations: [
      { conversation: "c2", title: "Rust lifetimes, once more", text: "The user learns Rust; lifetimes of struct fields were explained with **two** examples.", messages: 84, at: ago(3 * DAY) },
    ],
  };
}
