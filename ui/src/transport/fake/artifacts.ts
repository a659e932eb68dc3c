// Artifacts of the core in memory.
import type { Artifact, ArtifactKind, ArtifactVersion } from "@/wire";
import { ago } from "./data";
import { found, type Part } from "./handlers";

const HOUR = 3_600_000;
const TRIP = ["# Three days in Porto\n\n1. Ribeira and the bridge\n2. Livraria Lello\n3. Foz, by tram\n", "# Three days in Porto\n\n1. Ribeira and the bridge\n2. Livraria Lello, early\n3. Foz, by tram\n4. Port cellars in Gaia\n"];
const CODE = "def mean(values: list[float]) -> float:\n    \"\"\"The mean of at least one value.\"\"\"\n    if not values:\n        raise ValueError(\"no values\")\n    return sum(values) / len(values)\n";
const PAGE = "<!doctype html><style>body{font:16px system-ui;padding:2rem;color:#223}li{margin:.5rem 0}</style><h1>Invoice 17</h1><ul><li>Design, 3 hours</li><li>Review, 1 hour</li></ul>";
const FLOW = "flowchart LR\n  Question --> Plan --> Approval\n  Approval -->|yes| Run --> Report\n  Approval -->|no| Stop\n";

interface Kept {
  artifact: Artifact;
  versions: ArtifactVersion[];
}

function kept(id: string, kind: ArtifactKind, title: string, language: string | null, contents: string[], hours: number): Kept {
  const versions = contents.map((content, n) => ({ id: `${id}-${n + 1}`, artifact: id, version: n + 1, content, created_at: ago((hours + contents.length - n - 1) * HOUR) }));
  const artifact = { id, conversation: "c1", kind, title, content: contents.at(-1) ?? "", language, version: contents.length, created_at: ago((hours + contents.length) * HOUR), updated_at: ago(hours * HOUR) };
  return { artifact, versions };
}

export function artifacts(bare: boolean): Part<"artifacts"> {
  let all = bare
    ? []
    : [
        kept("f1", "markdown", "Three days in Porto", null, TRIP, 2),
        kept("f2", "code", "mean.py", "python", [CODE.replace("    if not values:\n        raise ValueError(\"no values\")\n", ""), CODE], 5),
        kept("f3", "mermaid", "How a run goes", null, [FLOW], 26),
        kept("f4", "html", "Invoice 17", null, [PAGE], 50),
      ];
  const one = (id: string): Kept => found(all.find(({ artifact }) => artifact.id === id), "artifact");
  const change = (id: string, patch: Partial<Artifact>): Artifact => {
    const { artifact, versions } = one(id);
    const next = { ...artifact, ...patch, version: artifact.version + 1, updated_at: ago(0) };
    const made = { id: `${id}-${next.version}`, artifact: id, version: next.version, content: next.content, created_at: ago(0) };
    all = all.map((other) => (other.artifact.id === id ? { artifact: next, versions: [...versions, made] } : other));
    return next;
  };
  const content = (id: string, version: number): string => found(one(id).versions.find((other) => other.version === version), "version").content;
  return {
    "artifacts.list": () => all.map(({ artifact: { id, conversation, kind, title, language, version, updated_at } }) => ({ id, conversation, kind, title, language, version, updated_at })),
    "artifacts.get": ({ artifact }) => one(artifact).artifact,
    "artifacts.versions": ({ artifact }) => one(artifact).versions,
    "artifacts.diff": ({ artifact, from, to }) => {
      const [old, now] = [content(artifact, from).split("\n"), content(artifact, to).split("\n")];
      const lines = [...old.filter((line) => !now.includes(line)).map((line) => `-${line}`), ...now.map((line) => (old.includes(line) ? ` ${line}` : `+${line}`))];
      return { diff: `--- version ${from}\n+++ version ${to}\n@@ -1,${old.length} +1,${now.length} @@\n${lines.join("\n")}` };
    },
    "artifacts.restore": ({ artifact, version }) => change(artifact, { content: content(artifact, version) }),
    "artifacts.rename": ({ artifact, title }) => change(artifact, { title }),
    "artifacts.delete": ({ artifact }) => {
      all = all.filter((other) => other.artifact.id !== artifact);
      return {};
    },
  };
}
