// A stand-in for a provider that speaks OpenAI's chat completions, streamed. It says what the test can look for, as fast as the
// test wants.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface Provider {
  /** The base URL to configure. */
  url: string;
  /** The keys it was called with. */
  keys: Set<string>;
  stop: () => Promise<void>;
}

interface ChatRequest {
  stream?: boolean;
  model?: string;
  messages?: { role: string; content: unknown }[];
}

/** What it answers. */
export interface Manner {
  /** The answer to a message. */
  answer: (said: string) => string;
  /** Tokens a second; all at once when it is 0. */
  pace: number;
}

const PLAIN: Manner = { answer: (said) => `Stub heard: ${said}`, pace: 0 };

/** Answers every chat token by token, with `Stub heard: <the last user message>` if it is told nothing else. */
export async function startProvider(manner: Manner = PLAIN): Promise<Provider> {
  const keys = new Set<string>();
  const server = createServer((request, response) => {
    void handle(request, response, keys, manner);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    keys,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, keys: Set<string>, manner: Manner): Promise<void> {
  const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
  if (key !== undefined) keys.add(key);
  const path = request.url ?? "";
  if (request.method === "GET" && path.endsWith("/models")) {
    json(response, 200, { object: "list", data: [{ id: "stub-model", object: "model", created: 0, owned_by: "test" }] });
  } else if (request.method === "POST" && path.endsWith("/chat/completions")) {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    await complete(response, JSON.parse(body) as ChatRequest, manner);
  } else {
    json(response, 404, { error: { message: `no such route: ${path}`, type: "invalid_request_error" } });
  }
}

async function complete(response: ServerResponse, chat: ChatRequest, { answer: say, pace }: Manner): Promise<void> {
  const said = textOf(chat.messages?.findLast((message) => message.role === "user")?.content);
  const answer = say(said);
  const base = { id: "chatcmpl-1", created: 0, model: chat.model ?? "stub-model" };
  const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
  if (chat.stream !== true) {
    json(response, 200, {
      ...base,
      object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content: answer }, finish_reason: "stop" }],
      usage,
    });
    return;
  }
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const send = (choice: object, more: object = {}): void => {
    response.write(`data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices: [{ index: 0, finish_reason: null, ...choice }], ...more })}\n\n`);
  };
  send({ delta: { role: "assistant", content: "" } });
  const begun = performance.now();
  for (const [index, piece] of answer.split(/(?<=\s)/).entries()) {
    // By the clock, so that late timers do not slow it down.
    const due = pace === 0 ? 0 : begun + (index * 1000) / pace - performance.now();
    if (due > 0) await new Promise((later) => setTimeout(later, due));
    if (response.destroyed) return;
    send({ delta: { content: piece } });
  }
  send({ delta: {}, finish_reason: "stop" });
  response.write(`data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices: [], usage })}\n\n`);
  response.end("data: [DONE]\n\n");
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => (typeof part === "object" && part !== null && "text" in part ? String(part.text) : "")).join("");
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(body));
}
