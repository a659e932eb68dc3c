import { describe, expect, it } from "vitest";
import type { Fact, FactLink } from "@/wire";
import { layOut, tiesOf } from "./graph";

const fact = (id: string): Fact => ({
  id,
  content: id,
  confidence: 1,
  importance: 0.5,
  source: { kind: "stated" },
  created_at: "",
  last_accessed: "",
  superseded_by: null,
  ended_at: null,
});
const link = (from: string, to: string, strength = 0.8): FactLink => ({ from, to, strength, reason: { kind: "name", name: "Mira" } });

describe("the graph of facts", () => {
  it("puts every fact somewhere, none on another, and always the same way", () => {
    const facts = Array.from({ length: 40 }, (_, n) => fact(`f${n}`));
    const graph = layOut(facts, [link("f0", "f1"), link("f1", "f2")]);
    expect(graph).toEqual(layOut(facts, [link("f0", "f1"), link("f1", "f2")]));
    const [left, top, width, height] = graph.box;
    for (const { x, y } of graph.points) {
      expect(x).toBeGreaterThan(left);
      expect(x).toBeLessThan(left + width);
      expect(y).toBeGreaterThan(top);
      expect(y).toBeLessThan(top + height);
    }
    expect(new Set(graph.points.map(({ x, y }) => `${x},${y}`)).size).toBe(40);
  });

  it("leaves out ties to facts that are gone", () => {
    expect(layOut([fact("a")], [link("a", "gone")]).lines).toEqual([]);
    expect(layOut([], []).box).toEqual([0, 0, 1, 1]);
  });

  it("lists a fact's ties, strongest first", () => {
    const graph = layOut([fact("a"), fact("b"), fact("c")], [link("a", "b", 0.5), link("c", "a", 0.9)]);
    expect(tiesOf(graph, "a").map(({ other }) => other.id)).toEqual(["c", "b"]);
  });
});
