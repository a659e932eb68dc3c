// What the stand-in core keeps, who calls it, and what it logs.
import type { ApiState, LogLine, Storage } from "@/wire";
import { Failure } from "../failure";
import { now, type Core } from "./core";
import { ago, DAY, DOCTOR, HOUR, MINUTE, SETTINGS } from "./data";
import type { Handlers, Part } from "./handlers";

function storage(): Storage {
  const home = "/home/ada/.local/share/luna";
  return {
    holdings: [
      { name: "database", path: `${home}/luna.db`, size: 1_212_416 },
      { name: "workspace", path: `${home}/workspace`, size: 48_120 },
      { name: "undo", path: `${home}/undo`, size: 9_812_004 },
      { name: "outputs", path: `${home}/outputs`, size: 120_400 },
      { name: "backups", path: `${home}/backups`, size: 8_486_912 },
      { name: "audit", path: `${home}/audit.log`, size: 18_211 },
      { name: "logs", path: `${home}/logs`, size: 402_004 },
      { name: "exports", path: `${home}/exports`, size: 0 },
    ],
    backups: [0, 1, 2].map((days) => ({ path: `${home}/backups/luna-${days}.db`, size: 1_200_000, at: ago(days * DAY + HOUR) })),
    secrets: "the system keyring",
  };
}

function api(): ApiState {
  return {
    doors: [
      { name: "main", address: "127.0.0.1:8899" },
      { name: "executor", address: "127.0.0.1:8000" },
    ],
    password: false,
    callers: [
      { at: ago(2 * MINUTE), what: "POST /api/luna/chat", program: "curl/8.5.0", from: "127.0.0.1", answer: 200 },
      { at: ago(9 * MINUTE), what: "GET /health", program: "http://localhost:3000", from: "127.0.0.1", answer: 200 },
      { at: ago(40 * MINUTE), what: "GET /api/luna/memory", program: "https://evil.example", from: "127.0.0.1", answer: 403 },
    ],
  };
}

function logs(): LogLine[] {
  return [
    { at: ago(MINUTE), level: "INFO", part: "luna_app::app", text: "Luna is awake address=127.0.0.1:8899" },
    { at: ago(2 * MINUTE), level: "WARN", part: "luna_core::runs::plan", text: "the model made no plan; using the built-in planner" },
    { at: ago(3 * MINUTE), level: "ERROR", part: "luna_llm::providers", text: "anthropic refused the key status=401" },
  ];
}

export const MODULES: Record<string, string[]> = {
  memory: ["remember", "recall", "forget"],
  files: ["read_file", "write_file", "edit_file", "list_files", "search_files"],
  commands: ["run_command", "plan_commands"],
  web: ["web_search", "web_fetch"],
  desktop: ["get_system_info", "clipboard"],
  tasks: ["create_agent_task"],
};

export function holdings(core: Core): Part<"storage" | "state" | "api" | "logs"> & Pick<Handlers, "doctor"> {
  let state = {};
  return {
    "storage.get": () => storage(),
    "storage.back_up": () => ({ path: "/home/ada/.local/share/luna/backups/luna-now.db", size: 1_212_416, at: now() }),
    "storage.export": () => ({ path: "/home/ada/.local/share/luna/exports/luna-now.zip", size: 402_113, at: now() }),
    "storage.delete_everything": ({ sure }) => {
      if (sure !== "delete everything") throw new Failure("invalid", "Say “delete everything” to delete everything.");
      [core.conversations, core.facts, core.rules, core.tasks, core.runs, core.undoables] = [[], [], [], [], [], []];
      core.settings = { ...SETTINGS };
      core.publish({ type: "settings_changed", names: ["onboarded"] });
      core.publish({ type: "memory_changed" });
      return {};
    },
    "state.get": () => state,
    "state.put": (request) => {
      state = request.state;
      return {};
    },
    "api.get": () => api(),
    "logs.get": ({ limit }) => logs().slice(0, limit),
    doctor: () => DOCTOR,
  };
}
