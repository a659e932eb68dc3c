// The command table of Luna's own window: every command with its request and its response.
// It says nothing of how a command travels; that is the business of the files beside it.
import type {
  AgentTask,
  Answer,
  AuditCheck,
  AuditRecord,
  ChatMode,
  Confirmation,
  Conversation,
  DoctorCheck,
  Exported,
  Fact,
  FactHit,
  FactOrigin,
  FileText,
  FoundMessage,
  Hello,
  Image,
  JsonValue,
  Message,
  Mode,
  ModelInfo,
  Personality,
  Plan,
  PlanContext,
  Provider,
  ProviderStatus,
  Restored,
  Rule,
  Run,
  Settings,
  SettingsView,
  Skill,
  ToolSetting,
  Undoable,
  Verdict,
  WorkspaceFile,
} from "@/wire";

type Empty = Record<string, never>;

interface Command<Request, Response> {
  request: Request;
  response: Response;
}

/** A patch of the settings: `null` puts a field back to its default. */
export type SettingsPatch = { [Name in keyof Settings]?: Settings[Name] | null };

/** Commands that answer once. */
export interface Commands {
  hello: Command<Empty, Hello>;

  "settings.get": Command<Empty, SettingsView>;
  "settings.patch": Command<{ patch: SettingsPatch }, SettingsView>;

  "providers.list": Command<Empty, ProviderStatus[]>;
  "providers.models": Command<{ provider: Provider }, ModelInfo[]>;
  "providers.test": Command<{ provider: Provider }, Empty>;
  "providers.set_key": Command<{ provider: Provider; key: string }, Empty>;
  "providers.delete_key": Command<{ provider: Provider }, Empty>;

  "chat.stop": Command<{ turn: string }, Empty>;
  "chat.conversations": Command<{ limit?: number; before?: string }, Conversation[]>;
  "chat.messages": Command<{ conversation: string; limit?: number; before?: string }, Message[]>;
  "chat.rename": Command<{ conversation: string; title: string }, Conversation>;
  "chat.pin": Command<{ conversation: string; pinned: boolean }, Conversation>;
  "chat.delete": Command<{ conversation: string }, Empty>;
  "chat.restore": Command<{ conversation: string }, Conversation>;
  "chat.search": Command<{ query: string; limit: number }, FoundMessage[]>;
  "chat.export": Command<{ conversation: string; format: "markdown" | "json" }, Exported>;

  "confirmations.list": Command<Empty, Confirmation[]>;
  "confirmations.answer": Command<{ action: string; answer: Answer }, Empty>;

  "runs.plan": Command<{ words: string; context: PlanContext }, Plan>;
  "runs.judge": Command<{ command: string }, Verdict>;
  "runs.input": Command<{ run: string; data: string }, Empty>;
  "runs.cancel": Command<{ run: string }, Empty>;
  "runs.list": Command<{ limit: number }, Run[]>;
  "runs.get": Command<{ run: string }, Run>;

  "memory.facts": Command<Empty, Fact[]>;
  "memory.add": Command<{ content: string; confidence?: number }, Fact>;
  "memory.edit": Command<{ fact: string; content: string }, Fact>;
  "memory.forget": Command<{ fact: string }, Empty>;
  "memory.search": Command<{ query: string; limit: number }, FactHit[]>;
  "memory.why": Command<{ fact: string }, FactOrigin>;
  "memory.personality": Command<Empty, Personality>;
  "memory.set_personality": Command<{ patch: Partial<Personality> }, Personality>;
  "memory.compact": Command<Empty, { merged: number }>;

  "agent.tools": Command<Empty, ToolSetting[]>;
  "agent.set_mode": Command<{ tool: string; mode: Mode }, Empty>;
  "agent.rules": Command<Empty, Rule[]>;
  "agent.delete_rule": Command<{ rule: string }, Empty>;
  "agent.skills": Command<Empty, Skill[]>;
  "agent.tasks": Command<Empty, AgentTask[]>;
  "agent.create_task": Command<{ title: string; description: string }, AgentTask>;
  "agent.cancel_task": Command<{ task: string }, AgentTask>;
  "agent.workspace": Command<Empty, WorkspaceFile[]>;
  "agent.read_file": Command<{ path: string }, FileText>;
  "agent.write_file": Command<{ path: string; content: string }, Empty>;

  "audit.list": Command<{ limit: number; before?: number }, AuditRecord[]>;
  "audit.verify": Command<Empty, AuditCheck>;

  "undo.list": Command<{ limit: number }, Undoable[]>;
  "undo.action": Command<{ action: string; force?: boolean }, Restored>;
  "undo.turn": Command<{ turn: string; force?: boolean }, Restored>;

  "state.get": Command<Empty, JsonValue>;
  "state.put": Command<{ state: JsonValue }, Empty>;

  doctor: Command<Empty, DoctorCheck[]>;
}

/** A step as the user approved it. */
export interface ApprovedStep {
  id: number;
  command: string;
  description: string;
}

/** Commands that answer with a stream of events. */
export interface Streams {
  "chat.send": {
    conversation?: string;
    message: string;
    images: Image[];
    mode?: ChatMode;
    provider?: Provider;
    model?: string;
  };
  "runs.start": { plan: string; steps: ApprovedStep[] };
  events: Empty;
}

export type CommandName = keyof Commands;
export type StreamName = keyof Streams;
export type Request<Name extends CommandName> = Commands[Name]["request"];
export type Response<Name extends CommandName> = Commands[Name]["response"];
