// How the stand-in core answers: by the words of a message, with tools and a question where they ask for one, piece by piece.
import type { Confirmation, Event } from "@/wire";
import type { Streams } from "../commands";
import { id, now, type Core } from "./core";
import { handbook } from "./handbook";
import { pause } from "./handlers";
import { judge } from "./judge";
import { stated } from "./memory";
import { planOf } from "./runs";
import { MATH } from "./talk";

export async function* send(core: Core, request: Streams["chat.send"]): AsyncGenerator<Event> {
  const conversation = request.conversation ?? id();
  const turn = id();
  if (request.conversation === undefined) {
    core.conversations = [
      { id: conversation, title: request.message.slice(0, 40), pinned: false, created_at: now(), updated_at: now(), message_count: 2 },
      ...core.conversations,
    ];
    core.publish({ type: "conversation_changed", conversation, title: request.message.slice(0, 40) });
  }
  const base = { conversation, turn, images: [], tools: [], state: "complete" as const, created_at: now() };
  core.messages.push({ ...base, id: id(), role: "user", content: request.message, images: request.images, model: null });
  yield { type: "turn_started", conversation, turn, message: core.messages.at(-1)?.id ?? "", model: core.active().model, provider: core.active().provider };
  await pause(core.speed * 10);
  let said = "";
  for await (const event of answer(core, request.message, turn, conversation)) {
    if (event.type === "token") said += event.text;
    yield event;
    if (core.stopped.has(turn)) break;
  }
  const message = id();
  core.messages.push({ ...base, id: message, role: "assistant", content: said, model: core.active().model });
  if (request.message.includes("fail")) {
    yield { type: "turn_failed", conversation, turn, kind: "unavailable", message: "The model stopped answering. Try again, or choose another." };
  } else {
    yield { type: "turn_ended", conversation, turn, message, usage: { input_tokens: 412, output_tokens: said.length }, stopped: core.stopped.has(turn) };
  }
}

async function* answer(core: Core, message: string, turn: string, conversation: string): AsyncGenerator<Event> {
  const lower = message.toLowerCase();
  const remember = /remember that (.+)/i.exec(message);
  if (remember?.[1]) {
    core.facts = [stated(remember[1].replace(/\bmy\b/gi, "user's")), ...core.facts];
    core.publish({ type: "memory_changed" });
    yield* tool(core, turn, "remember", { content: remember[1] }, "Remembered.");
    yield* words(core, turn, `I will remember that ${remember[1]}.`);
  } else if (lower.startsWith("plan to ")) {
    const plan = planOf(message.slice(8), null);
    core.runs = [{ plan, state: "planned", ended_at: null }, ...core.runs];
    yield* tool(core, turn, "plan_commands", { words: plan.words }, `Plan ${plan.id}:\n${plan.steps.map((step) => `${step.id}. ${step.command}`).join("\n")}`);
    yield* words(core, turn, "Here is a plan. Nothing runs before you say so.");
  } else if (lower.includes("delete") || lower.includes("push") || lower.includes("command")) {
    const command = lower.includes("push") ? "git push origin main" : lower.includes("delete") ? "rm -r ~/Downloads/old" : "mkdir -p ~/photos";
    yield* words(core, turn, "I can do that with one command.");
    const approved = yield* ask(core, turn, conversation, command, message);
    if (approved) yield* tool(core, turn, "run_command", { command }, "done");
    yield* words(core, turn, approved ? "Done." : "All right, I left everything as it was.");
  } else if (lower.includes("math")) {
    yield* words(core, turn, MATH);
  } else if (lower.includes("handbook")) {
    yield* words(core, turn, handbook(6));
  } else if (lower.includes("long")) {
    yield* words(core, turn, Array.from({ length: 60 }, (_, n) => `Paragraph ${n + 1}. The quick brown fox jumps over the lazy dog.`).join("\n\n"));
  } else {
    yield* tool(core, turn, "recall", { query: message }, "2 facts");
    yield* words(core, turn, `Here is what I have on **${message.slice(0, 60)}**:\n\n- You prefer short answers.\n- There is nothing else.\n\n\`\`\`ts\nconst answer: number = 42;\n\`\`\``);
  }
}

async function* words(core: Core, turn: string, text: string): AsyncGenerator<Event> {
  for (const piece of text.split(/(?<=\s)/)) {
    if (core.stopped.has(turn)) return;
    yield { type: "token", turn, text: piece };
    if (core.speed > 0) await pause(core.speed);
  }
}

async function* tool(core: Core, turn: string, name: string, input: Record<string, string>, content: string): AsyncGenerator<Event> {
  const action = id();
  yield { type: "tool_started", turn, action, call: { id: action, name, input }, mode: "allow" };
  await pause(core.speed * 12);
  yield {
    type: "tool_ended",
    turn,
    action,
    result: { call_id: action, name, content, is_error: false, from_outside: false },
    duration_ms: core.speed * 12,
  };
}

async function* ask(core: Core, turn: string, conversation: string, command: string, said: string): AsyncGenerator<Event, boolean> {
  const action = id();
  const verdict = judge(command);
  const confirmation: Confirmation = {
    action: {
      id: action,
      turn,
      tool: "run_command",
      input: { command },
      actor: { kind: "model", conversation },
      evidence: [{ kind: "said", text: said.slice(0, 80) }],
      reversible: verdict.reversible,
    },
    summary: `Run a command: ${command}`,
    effect: verdict.reasons[0]?.why ?? "Changes nothing",
    why: "run_command asks for everything that changes something",
    risk: verdict.risk,
    always:
      verdict.risk === "dangerous"
        ? null
        : { id: id(), tool: "run_command", matches: { kind: "command", words: command.split(" ").slice(0, 2) }, mode: "allow", created_at: now() },
    asked_at: now(),
    expires_at: new Date(Date.now() + core.settings.confirm_timeout_s * 1000).toISOString(),
  };
  const settled = new Promise<string>((settle) => core.questions.set(action, { confirmation, settle }));
  yield { type: "confirmation_asked", confirmation };
  core.publish({ type: "confirmation_asked", confirmation });
  const outcome = await settled;
  core.questions.delete(action);
  yield { type: "confirmation_settled", action, outcome };
  core.publish({ type: "confirmation_settled", action, outcome });
  return outcome === "approved";
}
