// What the stand-in core begins with: enough of everything to see each screen alive.
import type { AgentTask, AuditRecord, CalendarEvent, Conversation, DoctorCheck, Draft, Fact, Message, Occurrence, ProviderStatus, Reminder, Run, Settings, Skill, Times, Todo, ToolSetting, Undoable } from "@/wire";
import { judge } from "./judge";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The time `ms` ago. */
export function ago(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

export const SETTINGS: Settings = {
  weather_city: "Berlin",
  weather_lat: 52.52,
  weather_lon: 13.405,
  stock_symbols: ["SPY"],
  coins: ["bitcoin", "ethereum"],
  news_feeds: [],
  quiet_from: "22:30",
  quiet_until: "07:00",
  background_tokens_a_day: 200_000,
  background_cents_a_day: 200,
  background_minutes_a_day: 120,
  background_tokens_a_job: 50_000,
  background_cents_a_job: 50,
  background_minutes_a_job: 15,
  user_name: "friend",
  luna_name: "Luna",
  provider: null,
  providers: {},
  history_messages: 30,
  recalled_facts: 6,
  confirm_timeout_s: 300,
  command_timeout_s: 300,
  first_token_timeout_s: 120,
  idle_timeout_s: 60,
  instructions: "",
  skills_off: [],
  channels_off: [],
  learn_facts: true,
  private_windows: ["keepass", "password"],
  camera: "",
  voice: {
    muted: false,
    wake_word: false,
    wake_phrase: "hey luna",
    wake_sensitivity: 50,
    only_known: false,
    vad: "neural",
    stt_model: "base",
    stt_url: null,
    language: "",
    speak_answers: true,
    engine: "auto",
    tts_url: null,
    voice: "",
    rate: 150,
    volume: 100,
    input: "",
    output: "",
    follow_up_s: 8,
    barge_in: true,
    emotion: true,
  },
  theme: "system",
  motion: "system",
  modules_off: [],
  language: "system",
  onboarded: false,
  hotkey_open: "Ctrl+Alt+L",
  hotkey_ask: "Ctrl+Shift+Space",
  hotkey_talk: "Ctrl+Alt+Space",
  start_at_login: false,
  close_to_tray: true,
  free_window_after_s: 600,
  notifications: true,
  do_not_disturb: false,
};

const TITLES: [title: string, age: number, pinned: boolean][] = [
  ["Packing list for Lisbon", 3 * DAY, true],
  ["Why is the disk full", 20 * MINUTE, false],
  ["Rust lifetimes, once more", 2 * HOUR, false],
  ["Birthday ideas for Mira", 5 * HOUR, false],
  ["Backup of the photos", 1 * DAY + HOUR, false],
  ["Sourdough timings", 1 * DAY + 4 * HOUR, false],
  ["Rename 300 scans", 3 * DAY, false],
  ["Tax documents to gather", 5 * DAY, false],
  ["A quieter fan curve", 12 * DAY, false],
  ["Reading list", 30 * DAY, false],
];

export function conversations(): Conversation[] {
  return TITLES.map(([title, age, pinned], index) => ({
    id: `c${index}`,
    title,
    pinned,
    created_at: ago(age + HOUR),
    updated_at: ago(age),
    message_count: 4,
  }));
}

const DISK_ANSWER = `Two folders hold most of it:

| Folder | Size | What it is |
|---|---:|---|
| \`~/.cache/pip\` | 14.2 GB | Downloaded packages; safe to clear |
| \`~/Videos/raw\` | 38.6 GB | Your camera recordings |
| \`/var/log/journal\` | 4.1 GB | System logs |

The **pip cache** can go without loss. To look yourself:

\`\`\`bash
# the ten largest folders under home
du -xh --max-depth=2 ~ 2>/dev/null | sort -rh | head
\`\`\`

1. Clear the cache: frees 14 GB at once.
2. Limit the journal to 500 MB.
3. Move \`raw\` to the external disk when it is plugged in.

Shall I do the first?`;

export function messages(): Message[] {
  const base = { conversation: "c1", images: [], model: null, state: "complete" as const };
  const said = (id: string, turn: string, content: string, age: number): Message => ({
    ...base,
    id,
    turn,
    role: "user",
    content,
    tools: [],
    created_at: ago(age),
  });
  return [
    said("m1", "t1", "My disk is nearly full. What takes the most space?", 24 * MINUTE),
    {
      ...base,
      id: "m2",
      turn: "t1",
      role: "assistant",
      content: DISK_ANSWER,
      tools: [
        {
          call: { id: "1", name: "get_system_info", input: {} },
          action: "a-sys",
          result: { call_id: "1", name: "get_system_info", content: "disk: 219 of 238 GB used", is_error: false, from_outside: false },
          duration_ms: 38,
        },
        {
          call: { id: "2", name: "run_command", input: { command: "du -xh --max-depth=2 ~ | sort -rh | head" } },
          action: "a-du",
          result: {
            call_id: "2",
            name: "run_command",
            content: "38.6G\t/home/ada/Videos/raw\n14.2G\t/home/ada/.cache/pip\n4.1G\t/var/log/journal",
            is_error: false,
            from_outside: true,
          },
          duration_ms: 4210,
        },
      ],
      model: "claude-sonnet-4-5",
      created_at: ago(23 * MINUTE),
    },
    said("m3", "t2", "Yes, clear it. And write down what you did.", 21 * MINUTE),
    {
      ...base,
      id: "m4",
      turn: "t2",
      role: "assistant",
      content: "Done: 14.2 GB are free again, and `notes/cleanup.md` says what was removed and when.",
      tools: [
        {
          call: { id: "3", name: "write_file", input: { path: "notes/cleanup.md", content: "# Cleanup\n\n- pip cache, 14.2 GB\n" } },
          action: "a-note",
          result: { call_id: "3", name: "write_file", content: "Wrote notes/cleanup.md (36 bytes).", is_error: false, from_outside: false },
          duration_ms: 12,
        },
      ],
      model: "claude-sonnet-4-5",
      created_at: ago(20 * MINUTE),
    },
  ];
}

export function facts(): Fact[] {
  const rows: [string, number, number, Fact["source"], number][] = [
    ["user is allergic to peanuts", 1, 0.95, { kind: "stated" }, 40 * DAY],
    ["user prefers short answers", 0.9, 0.7, { kind: "asked", conversation: "c1", message: "m1" }, 12 * DAY],
    ["Mira is user's sister; her birthday is on 3 December", 0.95, 0.8, { kind: "learnt", conversation: "c3", message: "m1" }, 5 * HOUR],
    ["user works as a carpenter in Porto", 0.8, 0.6, { kind: "learnt", conversation: "c2", message: "m1" }, 9 * DAY],
    ["user is learning Rust", 0.85, 0.5, { kind: "learnt", conversation: "c2", message: "m1" }, 2 * HOUR],
    ["user's external disk is called Atlas", 0.75, 0.4, { kind: "learnt", conversation: "c1", message: "m3" }, 20 * MINUTE],
    ["user bakes bread on Saturdays", 0.6, 0.3, { kind: "learnt", conversation: "c5", message: "m1" }, 30 * DAY],
  ];
  return rows.map(([content, confidence, importance, source, age], index) => ({
    id: `f${index}`,
    content,
    confidence,
    importance,
    source,
    created_at: ago(age),
    last_accessed: ago(age / 3),
    superseded_by: null,
    ended_at: null,
  }));
}

export function tools(): ToolSetting[] {
  const rows: [string, string, ToolSetting["mode"]][] = [
    ["read_file", "Read a file of the workspace.", "allow"],
    ["write_file", "Write a file of the workspace, making its folders.", "confirm"],
    ["edit_file", "Replace a passage in a file of the workspace.", "confirm"],
    ["list_files", "List the files of a folder of the workspace.", "allow"],
    ["search_files", "Search the text of the workspace's files.", "allow"],
    ["web_search", "Search the web and return titles, addresses and snippets.", "allow"],
    ["web_fetch", "Fetch a web page as readable text.", "allow"],
    ["remember", "Remember a fact about the user.", "allow"],
    ["recall", "Search what is remembered.", "allow"],
    ["forget", "Forget a fact.", "confirm"],
    ["run_command", "Run a shell command; each is judged first.", "confirm"],
    ["create_agent_task", "Start a background task.", "confirm"],
    ["get_system_info", "Read facts about the system: disk, memory, processor.", "allow"],
    ["clipboard", "Read or set the clipboard.", "confirm"],
  ];
  return rows.map(([name, description, mode]) => ({ name, description, mode: name === "web_fetch" ? "confirm" : mode, default_mode: mode }));
}

export function skills(): Skill[] {
  return [
    {
      id: "tidy-notes",
      name: "Tidy notes",
      version: "1.0.0",
      description: "Sorts loose notes into folders and keeps an index.",
      commands: ["list_files", "read_file", "write_file"],
      permissions: ["workspace"],
      body: "# Tidy notes\n\nWhen the user asks to tidy notes:\n\n1. List `notes/`.\n2. Read each file and give it **one** topic.\n3. Write `notes/index.md` with a line for each.\n",
      shipped: true,
    },
    {
      id: "trip",
      name: "Plan a trip",
      version: "0.2.0",
      description: "Makes a packing list and a day plan for a journey.",
      commands: ["web_search", "recall"],
      permissions: ["network"],
      body: "# Plan a trip\n\nAsk for the dates first.\n",
      shipped: false,
    },
  ];
}

export const FILES: Record<string, string> = {
  "notes/cleanup.md": "# Cleanup\n\n- pip cache, 14.2 GB\n",
  "notes/ideas.md": "# Ideas\n\n- a shelf for the hallway\n- learn lifetimes\n",
  "lists/packing.md": "- [ ] passport\n- [ ] charger\n- [x] tickets\n",
  "readme.md": "This is Luna's workspace.\n",
};

export function tasks(): AgentTask[] {
  return [
    {
      id: "task1",
      title: "Index the notes",
      description: "Read every note and write an index with one line for each.",
      state: "in_progress",
      steps: [
        { title: "List the notes", result: "Found 14 files.", done_at: ago(4 * MINUTE) },
        { title: "Read them", result: "Read 14 files.", done_at: ago(2 * MINUTE) },
        { title: "Write notes/index.md", result: null, done_at: null },
      ],
      conversation: null,
      error: null,
      created_at: ago(5 * MINUTE),
      updated_at: ago(2 * MINUTE),
    },
    {
      id: "task2",
      title: "Find a plumber's opening hours",
      description: "Look up the three nearest plumbers and when they open.",
      state: "failed",
      steps: [{ title: "Search the web", result: null, done_at: null }],
      conversation: null,
      error: "The search service did not answer. Check the network, then start the task again.",
      created_at: ago(2 * DAY),
      updated_at: ago(2 * DAY),
    },
  ];
}

export function audit(): AuditRecord[] {
  const deeds: [string, string, string, number][] = [
    ["get_system_info", "ok", "Read disk, memory and processor", 24 * MINUTE],
    ["run_command", "ok", "du -xh --max-depth=2 ~ | sort -rh | head", 24 * MINUTE],
    ["web_fetch", "refused", "Denied: http://169.254.169.254 is a private address", 22 * MINUTE],
    ["run_command", "blocked", "rm -rf / is never run", 21 * MINUTE],
    ["write_file", "ok", "Wrote notes/cleanup.md (36 bytes)", 20 * MINUTE],
    ["remember", "ok", "Remembered: user's external disk is called Atlas", 20 * MINUTE],
  ];
  const records: AuditRecord[] = [];
  deeds.forEach(([tool, result, summary, age], index) => {
    for (const phase of ["before", "after"] as const) {
      const seq = records.length;
      records.push({
        seq,
        ts: ago(age),
        action: `a${index}`,
        turn: `t${index}`,
        phase,
        tool,
        input: tool === "run_command" ? { command: summary } : { what: summary },
        actor: { kind: "model", conversation: "c1" },
        evidence: [{ kind: "said", text: "My disk is nearly full" }],
        mode: result === "blocked" ? "block" : "allow",
        result: phase === "before" ? "pending" : result,
        summary: phase === "before" ? `Decided: ${tool}` : summary,
        previous: (seq * 7919).toString(16).padStart(64, "0"),
        hash: ((seq + 1) * 7919).toString(16).padStart(64, "0"),
      });
    }
  });
  return records.reverse();
}

export function undoables(): Undoable[] {
  return [
    { action: "a-note", turn: "t2", tool: "write_file", summary: "Wrote notes/cleanup.md", at: ago(20 * MINUTE), files: ["notes/cleanup.md"], undone: false },
    { action: "a-mv", turn: "t9", tool: "run_command", summary: "mv scans/*.tif archive/", at: ago(3 * DAY), files: ["scans/001.tif", "scans/002.tif", "scans/003.tif"], undone: false },
    { action: "a-ed", turn: "t9", tool: "edit_file", summary: "Edited lists/packing.md", at: ago(3 * DAY), files: ["lists/packing.md"], undone: true },
  ];
}

export function providers(): ProviderStatus[] {
  const row = (provider: ProviderStatus["provider"], model: string, base_url: string | null): ProviderStatus => ({
    provider,
    configured: provider === "builtin",
    active: provider === "builtin",
    model,
    base_url,
    last_ok: null,
    last_error: null,
  });
  return [
    row("builtin", "builtin", null),
    { ...row("ollama", "llama3.2", "http://127.0.0.1:11434"), last_error: "Ollama does not answer at http://127.0.0.1:11434. Start it, or set its address." },
    row("anthropic", "claude-sonnet-4-5", "https://api.anthropic.com"),
    row("openai-compatible", "gpt-4o-mini", "https://api.openai.com/v1"),
    row("google", "gemini-2.5-flash", "https://generativelanguage.googleapis.com"),
    row("groq", "llama-3.3-70b-versatile", "https://api.groq.com/openai/v1"),
    row("mistral", "mistral-small-latest", "https://api.mistral.ai/v1"),
    row("cohere", "command-r", "https://api.cohere.com"),
    row("nvidia-nim", "meta/llama-3.1-70b-instruct", "https://integrate.api.nvidia.com/v1"),
  ];
}

export function runs(): Run[] {
  return [
    {
      plan: {
        id: "r1",
        words: "show how full the disks are and list the largest folders",
        steps: [
          {
            id: 1,
            description: "Show free space on every disk",
            command: "df -h",
            verdict: judge("df -h"),
            state: "completed",
            outcome: {
              exit_code: 0,
              timed_out: false,
              cancelled: false,
              stdout: "Filesystem      Size  Used Avail Use% Mounted on\n/dev/nvme0n1p2  238G  219G   19G  92% /\n",
              stderr: "",
              full_output: null,
              duration_ms: 21,
            },
            started_at: ago(26 * MINUTE),
          },
          {
            id: 2,
            description: "List the largest folders",
            command: "du -xh --max-depth=1 /root | sort -rh",
            verdict: judge("du -xh --max-depth=1 /root | sort -rh"),
            state: "failed",
            outcome: {
              exit_code: 1,
              timed_out: false,
              cancelled: false,
              stdout: "",
              stderr: "du: cannot read directory '/root': Permission denied\n",
              full_output: null,
              duration_ms: 1840,
            },
            started_at: ago(26 * MINUTE),
          },
        ],
        requires_confirmation: false,
        estimated_time: "a few seconds",
        context: { cwd: "/home/ada", env: {} },
        planner: "builtin",
        created_at: ago(26 * MINUTE),
      },
      state: "partial",
      ended_at: ago(26 * MINUTE),
    },
  ];
}

export const DOCTOR: DoctorCheck[] = [
  { name: "Database", status: "ok", detail: "luna.db is whole, 1.2 MB, schema 4.", fix: null },
  { name: "Memory search", status: "ok", detail: "Token table, 7 facts indexed.", fix: null },
  { name: "Audit log", status: "ok", detail: "The chain of 12 records holds.", fix: null },
  { name: "Model", status: "warning", detail: "No model is set up; the built-in one answers.", fix: "Add a key under Settings, Models, or start Ollama." },
  { name: "Keyring", status: "failed", detail: "No secret service on this session.", fix: "Keys are kept in a file that only you can read. Install gnome-keyring to use the keyring." },
];

/** A moment of a day that lies so many days from today. */
const on = (days: number, hour: number, minute = 0): Date => {
  const today = new Date();
  return new Date(today.getFullYear(), today.getMonth(), today.getDate() + days, hour, minute);
};

export function held(title: string, times: Times): Occurrence {
  const event: CalendarEvent = {
    id: crypto.randomUUID(),
    calendar: null,
    uid: title,
    title,
    notes: "",
    location: "",
    times,
    rule: null,
    skipped: [],
    series: null,
    original: null,
    remind_before: [10],
    created_at: ago(86_400_000),
    updated_at: ago(86_400_000),
  };
  return { event, original: null };
}

export function occurrences(): Occurrence[] {
  const timed = (title: string, days: number, hour: number, minutes: number, more: Partial<CalendarEvent> = {}): Occurrence => {
    const start = on(days, hour);
    const made = held(title, { kind: "timed", start: start.toISOString(), end: new Date(+start + minutes * 60_000).toISOString(), zone: "Europe/Berlin" });
    return { event: { ...made.event, ...more }, original: more.rule ? start.toISOString() : null };
  };
  const day = (days: number): string => on(days, 12).toISOString().slice(0, 10);
  return [
    timed("Standup", 0, 9, 30, { rule: "FREQ=WEEKLY" }),
    timed("Design review", 0, 10, 90, { location: "Room 4" }),
    timed("Call with the printer", 0, 11, 60),
    timed("Dentist", 1, 14, 45, { location: "Main Street 5" }),
    timed("Choir", 2, 19, 120, { rule: "FREQ=WEEKLY", calendar: "club" }),
    timed("Lunch with Anna", -1, 12, 60),
    held("Holiday", { kind: "days", first: day(3), until: day(6) }),
  ];
}

export function todo(title: string, due: string | null, done = false): Todo {
  const id = crypto.randomUUID();
  return { id, calendar: null, uid: id, title, notes: "", due, priority: "medium", completed_at: done ? ago(3_600_000) : null, created_at: ago(86_400_000), updated_at: ago(86_400_000) };
}

export function todos(): Todo[] {
  return [
    { ...todo("Finish PR review", on(-1, 17).toISOString()), priority: "high" },
    { ...todo("Send the invoice", on(1, 12).toISOString()), notes: "Number 2041" },
    todo("Buy milk", null),
    todo("Water the plants", null, true),
  ];
}

export function reminders(): Reminder[] {
  return [{ id: "reminder1", text: "Call mum", at: on(1, 18).toISOString(), event: null, said_at: null, created_at: ago(3_600_000) }];
}

/** A rough guess, enough for working on the UI; the core understands much more. */
export function understood(words: string): Draft {
  if (words.startsWith("remind me")) return { kind: "reminder", text: words.replace(/^remind me (to )?/, ""), at: on(1, 9).toISOString() };
  if (!/tomorrow|at \d/.test(words)) return { kind: "todo", todo: { title: words, notes: "", priority: "medium" } };
  const start = on(1, 10);
  const times: Times = { kind: "timed", start: start.toISOString(), end: new Date(+start + 3_600_000).toISOString(), zone: "Europe/Berlin" };
  return { kind: "event", event: { title: words.replace(/ (tomorrow|at \d.*)/, ""), notes: "", location: "", times }, conflicts: [] };
}
