// Agents and chains of the core in memory.
import type { AgentView, ChainView, Event } from "@/wire";
import type { Streams } from "../commands";
import { found, pause, type Part } from "./handlers";

const REVIEW: Partial<AgentView> = {
  summary: "Reads a change or a file as the engineer who will be woken by it: bugs first, then security, then speed, each with the line, the input that shows it and the repair.",
  inputs: [
    { name: "code", what: "The diff, file or functions to review, with file names where there are any.", required: true },
    { name: "intent", what: "What the change is meant to do, and where it runs.", required: false },
  ],
  tools: ["search_files", "read_file", "list_files", "run_command"],
  sections: ["Verdict", "Findings", "Questions", "Looked at"],
  example: {
    input: 'api.py, behind login; loads an invoice for the page.\n\ndef invoice(request, invoice_id):\n    row = db.execute(f"SELECT * FROM invoices WHERE id = {invoice_id}").fetchone()\n    return JsonResponse(dict(row))',
    output: '## Verdict\nDo not merge: two critical findings in three lines.\n\n## Findings\n**critical · api.py, line 2 · SQL built from the URL.** Bind it: `db.execute("SELECT … WHERE id = ?", (invoice_id,))`.',
  },
};

const ROWS: [slug: string, name: string, category: string, role: string][] = [
  ["code-review", "Code Review", "core", "Finds what would break, leak or crawl, and says how to mend it"],
  ["design-architect", "Design Architect", "core", "Designs the smallest system that meets the numbers, and writes down why"],
  ["documentation", "Documentation", "core", "Writes the page that answers the question a reader came with"],
  ["requirements-analyzer", "Requirements Analyzer", "core", "Turns a wish into a specification that can be built, tested and argued with"],
  ["testing-validation", "Testing & Validation", "core", "Writes the unit, integration and end-to-end tests that would have caught the bug"],
  ["hig", "HIG", "frontend", "Checks an Apple-platform interface against the Human Interface Guidelines"],
  ["seo", "SEO", "frontend", "Makes pages that deserve to be found findable: technical audit, intent, content and markup"],
  ["ui-fix", "UI Fix", "frontend", "Mends broken interfaces: finds the one rule that is wrong"],
  ["rag", "RAG", "intelligence", "Answers questions about a body of text or code, from what it found and nothing else"],
  ["365-security", "365 Security", "quality", "Hardens an application the way an enterprise audit will ask for, evidence included"],
  ["post-launch-review", "Post-Launch Review", "quality", "Audits what is live: does it do what was promised, at what cost, and what is next"],
  ["database", "Database", "solution", "Models data, writes migrations and makes slow queries fast, with the plan as proof"],
  ["docker", "Docker", "solution", "Makes images that are small, repeatable and safe"],
  ["analytics", "Analytics", "workflow", "Answers a decision with data: what to measure, the query, what the numbers can carry"],
  ["task-planner", "Task Planner", "workflow", "Cuts a goal into tasks that can be started tomorrow"],
];

const AGENTS: AgentView[] = ROWS.map(([slug, name, category, role]) => ({
  slug,
  name,
  role,
  category,
  pro: category !== "core",
  summary: `${role}.`,
  inputs: [{ name: "goal", what: "What it is about, and what is there already.", required: true }],
  tools: ["read_file", "search_files"],
  format: "markdown",
  sections: [],
  example: null,
  ...(slug === "code-review" ? REVIEW : {}),
}));

const CHAINS: ChainView[] = [
  {
    id: "code-review-pipeline",
    name: "Code Review Pipeline",
    description: "Reviews code, writes the tests that hold the findings, then documents what it does.",
    steps: [
      { agent: "code-review", asks: "Review the code." },
      { agent: "testing-validation", asks: "Write tests for the code; every critical or high finding gets a test that shows it." },
      { agent: "documentation", asks: "Document the code as reference, with the limits that came to light." },
    ],
  },
  {
    id: "new-feature",
    name: "New Feature",
    description: "From a wish to the first finished task: requirements, design, plan.",
    steps: [
      { agent: "requirements-analyzer", asks: "Turn the wish into requirements." },
      { agent: "design-architect", asks: "Design the smallest system that meets them." },
      { agent: "task-planner", asks: null },
    ],
  },
];

export const work: Part<"work"> = { "work.agents": () => AGENTS, "work.chains": () => CHAINS };

const ANSWERS: Record<string, string> = {
  "code-review": "## Verdict\nDo not merge yet: one critical finding.\n\n## Findings\n**critical · line 2 · SQL built from input.** `name = \"' OR 1=1 --\"` reads every row. Bind the value:\n\n```python\ncursor.execute(\"SELECT * FROM users WHERE name = ?\", (name,))\n```\n\n## Looked at\nThe function only; its callers were not shown.",
  "testing-validation": "## Tests\n```python\ndef test_a_quote_in_a_name_finds_nobody():\n    assert find(\"' OR 1=1 --\") is None\n```",
};

/** The work of one agent after the other, word by word. */
export async function* working({ steps, context }: Streams["work.run"], speed: number, signal: AbortSignal | undefined): AsyncGenerator<Event> {
  for (const [index, { agent }] of steps.entries()) {
    const step = index + 1;
    const { name } = found(AGENTS.find((one) => one.slug === agent), "agent");
    yield { type: "work_started", step, agent, model: "claude-sonnet-4-5", provider: "anthropic" };
    if (context.includes("fail")) {
      yield { type: "work_failed", step, kind: "unavailable", message: "the model does not answer; try again, or choose another" };
      return;
    }
    const answer = ANSWERS[agent] ?? `## ${name}\nHere is what I make of it, in short: it can be done in two steps, and the first is small.`;
    for (const text of answer.split(/(?<=\s)/)) {
      if (signal?.aborted) return;
      yield { type: "work_text", step, text };
      if (speed > 0) await pause(speed);
    }
    yield { type: "work_done", step, usage: { input_tokens: 1_240 * step, output_tokens: answer.length }, cost: 0.0087 * step, duration_ms: 4_210 + 900 * step };
  }
}
