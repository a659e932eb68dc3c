// The desktop as the user has it: what windows are seen on the screen, keys that no page hears first, processes.
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Presses keys on the keyboard, for whoever has taken them. */
export async function keys(chord: string): Promise<void> {
  await run("xdotool", ["key", chord]);
}

/** Types a text on the keyboard, for whoever has the focus. */
export async function typed(text: string): Promise<void> {
  await run("xdotool", ["type", "--delay", "20", text]);
}

/** Runs a program that speaks to the session's bus; gives what it says. */
export async function bus(program: string, ...args: string[]): Promise<string> {
  return (await run(program, args)).stdout.trim();
}

/** A picture of the whole screen, into SHOTS. */
export async function picture(name: string): Promise<void> {
  const folder = process.env["SHOTS"];
  if (folder === undefined) return;
  // What was just done is on the screen a moment later.
  await new Promise((resolve) => setTimeout(resolve, 700));
  await run("import", ["-window", "root", `${folder}/desktop-${name}.png`]);
}

/** Whether a window with such a title is on the screen. */
export async function seen(title: string): Promise<boolean> {
  return run("xdotool", ["search", "--onlyvisible", "--name", title]).then(
    ({ stdout }) => stdout.trim() !== "",
    () => false,
  );
}

/** The process of the program on this data folder. */
export async function processOf(dataDir: string): Promise<number> {
  return (JSON.parse(await readFile(`${dataDir}/run.json`, "utf8")) as { pid: number }).pid;
}

/** Whether a process is over: gone, or only not yet fetched by its parent. Its first thread may end before the others. */
export async function isOver(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat === "" || (threads.length <= 1 && / Z /.test(stat));
}

/** How many web views the program on this data folder has: each has a process. */
export async function webProcesses(dataDir: string): Promise<number> {
  const pid = await processOf(dataDir);
  const all = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(all.map((name) => readFile(`/proc/${name}/stat`, "utf8").catch(() => "")));
  return stats.filter((stat) => {
    const [, name, parent] = /^\d+ \((.+)\) \S (\d+)/.exec(stat) ?? [];
    return name?.startsWith("WebKitWebProc") === true && Number(parent) === pid;
  }).length;
}
