// Facts and their ties as points on a plane. Pure: the same facts always lie the same way.
import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, type SimulationNodeDatum } from "d3-force";
import type { Fact, FactLink } from "@/wire";

export interface Point {
  id: string;
  fact: Fact;
  x: number;
  y: number;
  /** Ties. */
  degree: number;
}

export interface Line {
  link: FactLink;
  from: Point;
  to: Point;
}

export interface Graph {
  points: Point[];
  lines: Line[];
  /** Left, top, width, height of all of it. */
  box: [number, number, number, number];
}

/** Width and height of the smallest picture: a few facts are not blown up to fill the page. */
const LEAST = [360, 220] as const;

interface Node extends SimulationNodeDatum {
  id: string;
}

/** Room around a point: a few facts have place for their words beside each other, many for the points alone. */
const roomFor = (count: number): number => (count > 40 ? 36 : 76);

/** Lays the graph out. Facts without a tie lie around the others. */
export function layOut(facts: readonly Fact[], links: readonly FactLink[], radius = roomFor(facts.length)): Graph {
  const known = new Set(facts.map((fact) => fact.id));
  const ties = links.filter((link) => known.has(link.from) && known.has(link.to));
  const nodes = facts.map((fact): Node => ({ id: fact.id }));
  const simulation = forceSimulation(nodes)
    .force("charge", forceManyBody().strength(-340).distanceMax(600))
    .force("link", forceLink<Node, { source: string; target: string; strength: number }>(ties.map(({ from, to, strength }) => ({ source: from, target: to, strength }))).id((node) => node.id).distance(Math.max(110, radius * 2)).strength((link) => 0.2 + 0.6 * link.strength))
    .force("collide", forceCollide(radius))
    .force("x", forceX(0).strength(0.06))
    .force("y", forceY(0).strength(0.08))
    .stop();
  simulation.tick(Math.min(300, 60 + facts.length));
  const degrees = new Map<string, number>();
  for (const { from, to } of ties) for (const id of [from, to]) degrees.set(id, (degrees.get(id) ?? 0) + 1);
  const points = facts.map((fact, index): Point => {
    const { x = 0, y = 0 } = nodes[index] ?? {};
    return { id: fact.id, fact, x: Math.round(x), y: Math.round(y), degree: degrees.get(fact.id) ?? 0 };
  });
  const at = new Map(points.map((point) => [point.id, point]));
  const lines = ties.flatMap((link): Line[] => {
    const [from, to] = [at.get(link.from), at.get(link.to)];
    return from && to ? [{ link, from, to }] : [];
  });
  return { points, lines, box: boxOf(points, radius * 1.5, radius * 0.7) };
}

function boxOf(points: readonly Point[], beside: number, above: number): [number, number, number, number] {
  if (points.length === 0) return [0, 0, 1, 1];
  const [xs, ys] = [points.map((point) => point.x), points.map((point) => point.y)];
  const [left, top] = [Math.min(...xs) - beside, Math.min(...ys) - above];
  const [width, height] = [Math.max(...xs) - left + beside, Math.max(...ys) - top + above];
  const [wide, high] = [Math.max(width, LEAST[0]), Math.max(height, LEAST[1])];
  return [left - (wide - width) / 2, top - (high - height) / 2, wide, high];
}

/** The ties of one fact, strongest first, with the other end. */
export function tiesOf(graph: Graph, id: string): { other: Point; link: FactLink }[] {
  return graph.lines
    .filter(({ from, to }) => from.id === id || to.id === id)
    .map(({ from, to, link }) => ({ other: from.id === id ? to : from, link }))
    .sort((a, b) => b.link.strength - a.link.strength);
}
