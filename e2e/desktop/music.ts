// Spotify's stand-in, which the Rust tests have too: a program beside Luna's.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

export class Spotify {
  private constructor(
    readonly process: ChildProcess,
    readonly address: string,
  ) {}

  static async start(besides: string): Promise<Spotify> {
    const child = spawn(join(dirname(besides), "examples/spotify"), { stdio: ["pipe", "pipe", "inherit"] });
    const [address] = (await once(createInterface(child.stdout), "line")) as [string];
    return new Spotify(child, address);
  }

  /** What tells Luna that this is Spotify. */
  get environment(): NodeJS.ProcessEnv {
    return { SPOTIFY_CLIENT_ID: "luna-at-home", SPOTIFY_ACCOUNTS_BASE_URL: this.address, SPOTIFY_API_BASE_URL: `${this.address}/v1` };
  }

  async stop(): Promise<void> {
    const over = once(this.process, "exit");
    this.process.stdin?.end();
    await over;
  }
}
