// What the stand-in core knows: its facts, how they connect, what it condensed, and its personality.
import type { Condensed, Fact, FactHit, FactLink } from "@/wire";
import { id, now, type Core } from "./core";
import { ago, DAY, facts, HOUR } from "./data";
import { found, type Part } from "./handlers";

export function memory(core: Core): Part<"memory"> {
  let personality = { mood: 0.4, energy: 0.7, formality: 0.3, humor: 0.6, emotional_support: 0.5 };
  return {
    "memory.facts": () => core.facts,
    "memory.add": ({ content, confidence = 1 }) => {
      const fact = { ...stated(content), confidence };
      core.facts = [fact, ...core.facts];
      return fact;
    },
    "memory.edit": ({ fact, content }) => {
      const known = found(core.facts.find((one) => one.id === fact), "fact");
      const edited = { ...known, content };
      core.facts = core.facts.map((one) => (one.id === fact ? edited : one));
      return edited;
    },
    "memory.forget": ({ fact }) => {
      core.facts = core.facts.filter((one) => one.id !== fact);
      return {};
    },
    "memory.search": ({ query, limit }) => {
      const words = query.toLowerCase().split(/\s+/);
      const score = (text: string): number => words.filter((word) => text.toLowerCase().includes(word)).length / words.length;
      return core.facts
        .map((fact): FactHit => ({ fact, score: score(fact.content) }))
        .filter((hit) => hit.score > 0)
        .sort((a, b) => b.score - a.score)
        .slice(0, limit);
    },
    "memory.why": ({ fact }) => {
      const { source, created_at } = found(core.facts.find((one) => one.id === fact), "fact");
      return source.kind === "stated"
        ? { text: "You wrote this down yourself.", conversation: null, message: null, earlier: [] }
        : {
            text: "You said: “My disk is nearly full. Atlas is not plugged in right now.”",
            conversation: source.conversation,
            message: source.message,
            earlier: [{ ...stated("user's external disk is called Titan"), created_at }],
          };
    },
    "memory.personality": () => personality,
    "memory.set_personality": ({ patch }) => (personality = { ...personality, ...patch }),
    "memory.compact": () => ({ merged: 0 }),
    "memory.links": () => (core.bare ? [] : links()),
    "memory.condensed": () => (core.bare ? { facts: [], conversations: [] } : condensed()),
  };
}

/** A fact that the user stated just now. */
export function stated(content: string): Fact {
  return {
    id: id(),
    content,
    confidence: 1,
    importance: 0.5,
    source: { kind: "stated" },
    created_at: now(),
    last_accessed: now(),
    superseded_by: null,
    ended_at: null,
  };
}

function links(): FactLink[] {
  return [
    { from: "f2", to: "f6", reason: { kind: "meaning" }, strength: 0.61 },
    { from: "f3", to: "f4", reason: { kind: "conversation", conversation: "c2" }, strength: 0.4 },
    { from: "f1", to: "f5", reason: { kind: "conversation", conversation: "c1" }, strength: 0.4 },
    { from: "f0", to: "f6", reason: { kind: "meaning" }, strength: 0.58 },
    { from: "f2", to: "f3", reason: { kind: "name", name: "Porto" }, strength: 0.8 },
  ];
}

function condensed(): Condensed {
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
