// What a package may do, as lines that can be shown; and what an update wants beyond what was allowed.
import type { Capabilities } from "@/wire";

export type Capability = { kind: "network" } | { kind: "shell" } | { kind: "files"; names: string[] } | { kind: "env"; names: string[] } | { kind: "tools"; names: string[] };

/** The most far-reaching first. */
export function listed({ shell, network, files, env, tools }: Capabilities): Capability[] {
  const all: Capability[] = [];
  if (shell) all.push({ kind: "shell" });
  if (network) all.push({ kind: "network" });
  if (files.length > 0) all.push({ kind: "files", names: files });
  if (env.length > 0) all.push({ kind: "env", names: env });
  if (tools.length > 0) all.push({ kind: "tools", names: tools });
  return all;
}

/** What is wanted and was not allowed yet. */
export function beyond(wanted: Capabilities, allowed: Capabilities): Capabilities {
  const without = (names: string[], known: string[]): string[] => names.filter((name) => !known.includes(name));
  return {
    network: wanted.network && !allowed.network,
    shell: wanted.shell && !allowed.shell,
    files: without(wanted.files, allowed.files),
    env: without(wanted.env, allowed.env),
    tools: without(wanted.tools, allowed.tools),
  };
}
