// A real `luna serve` for tests: started with nothing configured, stopped for certain.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

/** The program, where one was named. */
export const LUNA = process.env["LUNA_BIN"];

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export interface Running {
  url: string;
  stop: () => Promise<void>;
}

/** Starts Luna on a data folder and waits until she answers. Nothing of this machine's own settings reaches her. */
export async function startLuna(binary: string, dataDir: string, port: number, home: string): Promise<Running> {
  const child = spawn(binary, ["serve"], {
    cwd: home,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: home,
      LANG: "C.UTF-8",
      PORT: String(port),
      EXECUTOR_PORT: "0",
      LUNA_DATA_DIR: dataDir,
      LUNA_SECRET_STORE: "file",
      // Nobody answers here, so that no Ollama of the machine is found.
      OLLAMA_BASE_URL: "http://127.0.0.1:9",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const url = `http://127.0.0.1:${port}`;
  const stop = (): Promise<void> => end(child);
  try {
    await answering(url, child);
  } catch (reason) {
    await stop();
    throw new Error(`luna serve did not come up: ${String(reason)}\n${log.slice(-2000)}`);
  }
  return { url, stop };
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  const until = Date.now() + 30_000;
  while (Date.now() < until) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    const well = await fetch(`${url}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (well) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not answer within 30 s");
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await gone;
  clearTimeout(hard);
}
