// What the agent may use and does: tools, rules, skills, tasks, files, the record of it and the way back.
import type { Undoable } from "@/wire";
import { Failure } from "../failure";
import { id, now, type Core } from "./core";
import * as data from "./data";
import { found, type Part } from "./handlers";
import { MODULES } from "./holdings";
import { judge } from "./judge";

export function agent(core: Core): Part<"agent" | "audit" | "undo"> {
  const tools = data.tools();
  const skills = core.bare ? [] : data.skills();
  const files: Record<string, string> = core.bare ? {} : { ...data.FILES };
  /** What stood in a file before it was written. */
  const earlier = new Map<string, string>();

  function undo(fits: (entry: Undoable) => boolean): { restored: string[] } {
    const undone = core.undoables.filter((entry) => fits(entry) && !entry.undone);
    if (undone.length === 0) throw new Failure("not_found", "There is nothing to undo.");
    core.undoables = core.undoables.map((entry) => (undone.includes(entry) ? { ...entry, undone: true } : entry));
    for (const path of undone.flatMap((entry) => entry.files)) files[path] = earlier.get(path) ?? files[path] ?? "";
    return { restored: undone.flatMap((entry) => entry.files) };
  }

  /** Takes back a change that has a way back of its own. */
  function takeBack(action: string): { restored: string[] } | undefined {
    const back = core.waysBack.get(action);
    if (!back) return undefined;
    back();
    return { restored: [] };
  }

  return {
    "agent.tools": () => tools,
    "agent.set_mode": ({ tool, mode }) => {
      found(tools.find((one) => one.name === tool), "tool").mode = mode;
      return {};
    },
    "agent.rules": () => core.rules,
    "agent.forecast": ({ command }) => {
      const verdict = judge(command);
      if (verdict.blocked) return { mode: "block", why: verdict.reasons[0]?.why ?? "", verdict };
      if (verdict.risk === "safe") return { mode: "allow", why: "It changes nothing.", verdict };
      return { mode: "confirm", why: "run_command asks for what changes something.", verdict };
    },
    "agent.add_rule": ({ command, mode }) => {
      if (command.trim() === "") throw new Failure("invalid", "Say for which command the rule is.");
      const rule = { id: id(), tool: "run_command", matches: { kind: "command" as const, words: command.trim().split(/\s+/) }, mode, created_at: now() };
      core.rules = [...core.rules, rule];
      return rule;
    },
    "agent.modules": () =>
      Object.entries(MODULES).map(([name, tools]) => ({ name, tools, on: !core.settings.modules_off.includes(name) })),
    "agent.delete_rule": ({ rule }) => {
      core.rules = core.rules.filter((one) => one.id !== rule);
      return {};
    },
    "agent.skills": () => skills,
    "agent.tasks": () => core.tasks,
    "agent.create_task": ({ title, description }) => {
      const task = { id: id(), title, description, state: "queued" as const, steps: [], conversation: null, error: null, created_at: now(), updated_at: now() };
      core.tasks = [task, ...core.tasks];
      return task;
    },
    "agent.cancel_task": ({ task }) => {
      const cancelled = { ...found(core.tasks.find((one) => one.id === task), "task"), state: "cancelled" as const, updated_at: now() };
      core.tasks = core.tasks.map((one) => (one.id === task ? cancelled : one));
      return cancelled;
    },
    "agent.workspace": () => Object.entries(files).map(([path, text]) => ({ path, size: text.length, modified: data.ago(3_600_000) })),
    "agent.read_file": ({ path }) => ({ path, content: found(files[path], "file") }),
    "agent.write_file": ({ path, content }) => {
      if (path.includes("..")) throw new Failure("invalid", "The path leaves the workspace. Name a file inside it.");
      const before = files[path];
      files[path] = content;
      core.undoables = [{ action: id(), turn: id(), tool: "write_file", summary: `Wrote ${path}`, at: now(), files: [path], undone: false }, ...core.undoables];
      if (before !== undefined) earlier.set(path, before);
      return {};
    },
    "agent.use_tool": ({ tool }) => ({ content: `${tool}: done`, origin: null }),
    "audit.list": ({ limit, before }) => core.audit.filter((record) => before === undefined || record.seq < before).slice(0, limit),
    "audit.verify": () => ({ ok: true, records: core.audit.length, problem: null }),
    "undo.list": ({ limit }) => core.undoables.slice(0, limit),
    "undo.action": ({ action }) => takeBack(action) ?? undo((entry) => entry.action === action),
    "undo.turn": ({ turn }) => undo((entry) => entry.turn === turn),
  };
}
