// The desktop program on a data folder of its own, and another program's way to call the Luna in it.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../luna";
import { until } from "./driver";

const PROGRAM = process.env["LUNA_DESKTOP_BIN"] ?? "";

/** Where a Luna lives: her folder, her user's home, her port. */
export class Place {
  /** What her environment has besides: that of another desktop, for example. */
  more: NodeJS.ProcessEnv = {};

  private constructor(
    readonly folder: string,
    readonly home: string,
    readonly port: number,
  ) {}

  static async make(): Promise<Place> {
    const folder = await mkdtemp(join(tmpdir(), "luna-desktop-"));
    const home = join(folder, "home");
    await mkdir(home, { recursive: true });
    return new Place(folder, home, await freePort());
  }

  get program(): string {
    return PROGRAM;
  }

  get data(): string {
    return join(this.folder, "data");
  }

  /** Nothing of this machine's own settings reaches her. */
  get environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env["PATH"],
      DISPLAY: process.env["DISPLAY"],
      XAUTHORITY: process.env["XAUTHORITY"],
      DBUS_SESSION_BUS_ADDRESS: process.env["DBUS_SESSION_BUS_ADDRESS"],
      XDG_RUNTIME_DIR: process.env["XDG_RUNTIME_DIR"],
      HOME: this.home,
      LANG: "C.UTF-8",
      PORT: String(this.port),
      EXECUTOR_PORT: "0",
      LUNA_DATA_DIR: this.data,
      LUNA_SECRET_STORE: "file",
      OLLAMA_BASE_URL: "http://127.0.0.1:9",
      ...this.more,
    };
  }

  /** Starts the program as its user does, without a driver. */
  async start(...flags: string[]): Promise<ChildProcess> {
    const child = spawn(PROGRAM, flags, { env: this.environment, stdio: "inherit" });
    await until("Luna answers", () => this.call("hello", {}));
    return child;
  }

  /** Starts it once more: a wish to the one that runs. */
  async again(...flags: string[]): Promise<void> {
    await once(spawn(PROGRAM, flags, { env: this.environment, stdio: "inherit" }), "exit");
  }

  /** A command of the table, from outside, as another program calls it. */
  async call(name: string, input: object): Promise<unknown> {
    const reply = await this.post(name, input);
    return reply.json();
  }

  /** Calls a command that answers with events, and does not wait for its end. */
  async post(name: string, input: object): Promise<Response> {
    const reply = await fetch(`http://127.0.0.1:${this.port}/rpc/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(input),
    });
    if (!reply.ok) throw new Error(`${name}: ${await reply.text()}`);
    return reply;
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Ends a program as the end of a session does. */
export async function end(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const gone = once(program, "exit");
  program.kill("SIGTERM");
  await gone;
}
