// Packages of the core in memory.
import type { Capabilities, PackageItem, PackageRating, PackageView } from "@/wire";
import { ago } from "./data";
import { found, type Part } from "./handlers";

const NOTHING: Capabilities = { network: false, shell: false, files: [], env: [], tools: [] };

interface Offer {
  item: PackageItem;
  kind: string;
  capabilities: Capabilities;
  allowed: Capabilities | null;
}

function offer(id: string, name: string, description: string, tags: string[], capabilities: Partial<Capabilities>, kind = "skill"): Offer {
  const item = { id, name, version: "1.0.0", description, author: "Luna", tags, installed: null, from: null, verified: true };
  return { item, kind, capabilities: { ...NOTHING, ...capabilities }, allowed: null };
}

function offers(): Offer[] {
  const research = offer("research", "Research", "Find out about a topic on the web, compare sources and write a report that names them.", ["web", "report"], {
    network: true,
    files: ["workspace"],
    tools: ["web_search", "web_fetch", "write_file"],
  });
  return [
    offer("coding-agent", "Coding agent", "Write a program, fix a bug, refactor, review or explain the code of a repository.", ["code", "review", "tests"], {
      network: true,
      shell: true,
      files: ["workspace"],
      tools: ["run_command", "read_file", "write_file", "edit_file", "web_search", "undo"],
    }),
    offer("dataset-builder", "Dataset builder", "Collect records into a table, clean it, remove duplicates, label rows and check the columns.", ["data", "csv"], {
      network: true,
      shell: true,
      files: ["workspace"],
      tools: ["web_search", "read_file", "write_file"],
    }),
    offer("document-drafter", "Document drafter", "Draft a letter, a report or a proposal from notes, and revise it until it fits.", ["writing"], {
      files: ["workspace"],
      tools: ["read_file", "write_file", "edit_file"],
    }),
    offer("file-drop", "File drop", "A channel made of a folder: a text file put into inbox becomes a message, the answer appears in outbox.", ["channel", "files"], { files: ["channel"] }, "channel"),
    { ...research, item: { ...research.item, version: "1.1.0", installed: "1.0.0" }, allowed: { ...research.capabilities, tools: ["web_search", "web_fetch"] } },
    offer("resume-checker", "Résumé checker", "Read a résumé as a recruiter does and say what to change.", ["writing", "work"], { files: ["workspace"], tools: ["read_file"] }),
  ];
}

export function registry(bare: boolean): Part<"registry"> {
  let all = bare ? [] : offers();
  let ratings: PackageRating[] = [
    { user: "bea", own: false, stars: 4, comment: "Names its sources, and says when there are none.", at: ago(90 * 3_600_000) },
    { user: "cem", own: false, stars: 5, comment: "", at: ago(300 * 3_600_000) },
  ];
  const get = (id: string): PackageView => {
    const { item, kind, capabilities, allowed } = found(all.find((one) => one.item.id === id), "package");
    return { package: item, kind, capabilities, allowed, files: kind === "channel" ? ["channel.py", "README.md"] : ["SKILL.md", "skill.json"], ratings: id === "research" ? ratings : [] };
  };
  const change = (id: string, patch: (offer: Offer) => Offer): PackageView => {
    all = all.map((one) => (one.item.id === id ? patch(one) : one));
    return get(id);
  };
  const shelf = (words: string) => ({
    packages: all.map(({ item }) => item).filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(words.trim().toLowerCase())),
    read_at: null,
    stale: null,
  });
  return {
    "registry.search": ({ words }) => shelf(words),
    "registry.refresh": () => shelf(""),
    "registry.get": ({ package: id }) => get(id),
    "registry.install": ({ package: id }) => change(id, (one) => ({ ...one, item: { ...one.item, installed: one.item.version }, allowed: one.capabilities })),
    "registry.uninstall": ({ package: id }) => change(id, (one) => ({ ...one, item: { ...one.item, installed: null }, allowed: null })),
    "registry.rate": ({ stars, comment }) => {
      ratings = [{ user: "you", own: true, stars, comment, at: ago(0) }, ...ratings.filter((one) => !one.own)];
      return {};
    },
  };
}
