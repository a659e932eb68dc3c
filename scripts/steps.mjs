// Runs the steps of `npm start` and `npm test`: headings with times, child processes, and stamps that tell what is done.
// Knows nothing of what the steps are. Uses Node alone, since it runs before anything is installed.

import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
export const target = resolve(root, process.env.CARGO_TARGET_DIR || "target");
const windows = process.platform === "win32";
const stampFile = join(target, "setup.json");
const began = Date.now();

const bold = (text) => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);

/** A reason to stop that the user can do something about; shown without a stack. */
export class Stop extends Error {}

/** Runs a step under a heading and says how long it took. */
export async function step(title, work) {
  const start = Date.now();
  console.log(bold(`\n▸ ${title}`) + `  (${seconds(start - began)} so far)`);
  const result = await work();
  console.log(`✓ ${title}: ${seconds(Date.now() - start)}`);
  return result;
}

/** The whole program: its errors become one plain message and exit code 1. */
export async function program(work) {
  try {
    await work();
  } catch (error) {
    console.error(`\n✗ ${error instanceof Stop ? error.message : error.stack}`);
    process.exitCode = 1;
  }
}

/** Runs a command with the terminal's own output; stops when it fails. */
export async function run(command, args, options = {}) {
  const code = await attempt(command, args, options);
  if (code !== 0) throw new Stop(`${[command, ...args].join(" ")} ended with ${code}`);
}

/** Runs a command and gives its exit code; one that is killed, takes too long or is not there has a code of its own. */
export function attempt(command, args, { env = {}, timeout } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: "inherit",
      // npm is a script on Windows, which only a shell can start.
      shell: windows && command === "npm",
      timeout,
    });
    child.on("error", () => done(127));
    child.on("close", (code, signal) => done(code ?? (signal === "SIGINT" ? 130 : 124)));
  });
}

/** A command's output, or undefined when it fails. */
export function output(command, args, { cwd = root } = {}) {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", shell: windows && command === "npm" });
  return done.status === 0 ? done.stdout.trim() : undefined;
}

/** Where a program is, searched for as a shell does. */
export function which(name) {
  const ends = windows ? [".exe", ".cmd", ""] : [""];
  for (const folder of (process.env.PATH || "").split(delimiter).filter(Boolean)) {
    for (const end of ends) {
      const path = join(folder, name + end);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not there: the next folder.
      }
    }
  }
  return undefined;
}

/** One hash over the names and contents of files and folders. */
export function hash(paths, more = "") {
  const sum = createHash("sha256").update(more);
  const add = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    const entries = listing(full);
    if (entries) {
      for (const name of entries.sort()) if (name !== "dist" && name !== "node_modules") add(join(path, name));
    } else {
      sum.update(`\0${path}\0`).update(readFileSync(full));
    }
  };
  paths.forEach(add);
  return sum.digest("hex");
}

function listing(path) {
  try {
    return readdirSync(path);
  } catch (error) {
    if (error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** What was noted when a step was last done. */
export function stamp(name) {
  return stamps()[name];
}

/** Notes that a step was done, on what. */
export function setStamp(name, value) {
  mkdirSync(target, { recursive: true });
  writeFileSync(stampFile, JSON.stringify({ ...stamps(), [name]: value }, null, 2) + "\n");
}

function stamps() {
  try {
    return JSON.parse(readFileSync(stampFile, "utf8"));
  } catch {
    return {};
  }
}

function seconds(ms) {
  const whole = Math.round(ms / 1000);
  return whole < 60 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
