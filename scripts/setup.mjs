// Everything that must be there before Luna can be built or tested: compilers, system packages, npm packages, the built
// web UI, models. Each part looks first and does only what is missing.

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { attempt, hash, output, root, run, setStamp, stamp, step, Stop, target, which } from "./steps.mjs";

const exe = process.platform === "win32" ? ".exe" : "";

export const hasDisplay =
  process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** Where cargo puts the program. */
export function luna(profile) {
  return join(target, profile, `luna${exe}`);
}

/** Where cargo puts the desktop program. */
export function desktop(profile) {
  return join(target, profile, `luna-desktop${exe}`);
}

const TAURI_DRIVER = "2.1.0";

/** The program through which the tests drive the desktop window, built once. */
export async function tauriDriver() {
  const tools = join(target, "tools");
  const driver = join(tools, "bin", `tauri-driver${exe}`);
  if (stamp("tauri-driver") !== TAURI_DRIVER || !existsSync(driver)) {
    await step(`tauri-driver ${TAURI_DRIVER}, which drives the desktop window`, () =>
      run("cargo", ["install", "tauri-driver", "--version", TAURI_DRIVER, "--locked", "--debug", "--root", tools], {
        env: { CARGO_TARGET_DIR: join(tools, "build") },
      }),
    );
    setStamp("tauri-driver", TAURI_DRIVER);
  }
  return driver;
}

/** The browser that the end-to-end tests drive. */
export function browser() {
  return process.env.CHROMIUM || ["chromium", "chromium-browser", "google-chrome"].map(which).find(Boolean);
}

/** System packages, Rust and npm packages, for `start`, `test`, or with `window` for a start that shows one. */
export async function setUp(...purposes) {
  checkNode();
  await systemPackages(purposes);
  await rust();
  await npmPackages();
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22) return;
  throw new Stop(
    `Node ${process.versions.node} is too old: the web UI's tools need 20.19 or newer, or 22.12 or newer.\n` +
      "  Install one from https://nodejs.org, or with a version manager: nvm install 22",
  );
}

async function systemPackages(purposes) {
  const { packages, elsewhere } = JSON.parse(readFileSync(join(root, "scripts/system-packages.json"), "utf8"));
  const needed = packages.filter((p) => p.for.some((purpose) => purposes.includes(purpose)));
  const missing = needed.filter((p) => !isInstalled(p));
  if (missing.length === 0) return;
  const list = missing.map((p) => `  ${p.apt.padEnd(16)} ${p.why}`).join("\n");
  if (process.platform !== "linux" || !which("apt-get")) {
    // Only what can be looked for by its program is known to be missing here.
    const certain = missing.filter((p) => p.command);
    if (certain.length === 0) return;
    throw new Stop(`Luna needs, and this machine does not have:\n${list}\nInstall ${elsewhere[process.platform] ?? elsewhere.linux}.`);
  }
  await step(`System packages, by apt:\n${list}`, async () => {
    const names = missing.map((p) => p.apt);
    const isRoot = process.getuid() === 0;
    if (!isRoot && !which("sudo")) {
      throw new Stop(`Installing them needs root, and there is no sudo. As root: apt-get install ${names.join(" ")}`);
    }
    const apt = (...args) => (isRoot ? ["apt-get", args] : ["sudo", ["apt-get", ...args]]);
    const env = { DEBIAN_FRONTEND: "noninteractive" };
    const install = apt("install", "-y", "--no-install-recommends", ...names);
    // The lists of a fresh machine are empty or old.
    await run(...apt("update", "-qq"), { env });
    await run(...install, { env });
  });
}

function isInstalled({ apt, command }) {
  if (command) return [command].flat().some(which);
  if (!which("dpkg-query")) return false;
  return output("dpkg-query", ["-W", "-f=${db:Status-Status}", apt]) === "installed";
}

async function rust() {
  const bin = join(process.env.CARGO_HOME || join(homedir(), ".cargo"), "bin");
  if (!which("cargo") && existsSync(join(bin, `cargo${exe}`))) process.env.PATH = bin + delimiter + process.env.PATH;
  const wanted = /^rust-version = "([\d.]+)"/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"))[1];
  if (!which("cargo")) await installRust(wanted, bin);
  const version = output("rustc", ["--version"])?.split(" ")[1];
  if (!version) throw new Stop("rustc does not run. Repair it with: rustup toolchain install stable");
  const [major, minor] = version.split(".").map(Number);
  const [wantedMajor, wantedMinor] = wanted.split(".").map(Number);
  if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
    const how = which("rustup") ? "rustup update stable" : "rustup, from https://rustup.rs";
    throw new Stop(`Rust ${version} is too old: Luna needs ${wanted} or newer. Get it with: ${how}`);
  }
}

async function installRust(wanted, bin) {
  const byHand = `Install Rust ${wanted} or newer from https://rustup.rs, then run this again.`;
  if (process.platform === "win32" || !which("curl")) throw new Stop(`There is no Rust on this machine. ${byHand}`);
  await step("Rust, by rustup from https://rustup.rs, into your home folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "luna-rustup-"));
    try {
      const script = join(folder, "rustup.sh");
      const options = ["-y", "--no-modify-path", "--profile", "minimal", "--component", "clippy", "--component", "rustfmt"];
      await run("curl", ["--proto", "=https", "--tlsv1.2", "-sSf", "https://sh.rustup.rs", "-o", script]);
      await run("sh", [script, ...options]);
    } catch (error) {
      throw new Stop(`${error.message}\n  ${byHand}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    process.env.PATH = bin + delimiter + process.env.PATH;
  });
}

async function npmPackages() {
  const now = hash(["package.json", "package-lock.json"], process.versions.node);
  if (stamp("npm") === now && existsSync(join(root, "node_modules"))) return;
  await step("Packages of the web UI (npm ci)", () => run("npm", ["ci", "--no-audit", "--no-fund"]));
  setStamp("npm", now);
}

/** Builds the web UI, which is part of the program, when it changed. */
export async function buildUi() {
  const now = hash(["ui", "package.json", "package-lock.json"]);
  if (stamp("ui") === now && existsSync(join(root, "ui/dist/index.html"))) return;
  await step("Web UI (vite)", () => run("npm", ["run", "--silent", "ui:build"]));
  setStamp("ui", now);
}

const DAY = 24 * 3600 * 1000;

/** Tries to fetch the model for search by meaning. Luna works without it, so nothing fails when it cannot be had. */
export async function models(program) {
  const last = stamp("models");
  if (process.env.LUNA_SKIP_MODELS || last?.done || Date.now() - (last?.tried ?? 0) < DAY) return;
  const code = await step("Model for search by meaning: all-MiniLM-L6-v2, 90 MB, once", () =>
    attempt(program, ["models", "get", "minilm"], { timeout: 15 * 60 * 1000 }),
  );
  if (code !== 0) console.log("  It cannot be had now; search works without it. Later: luna models get minilm");
  setStamp("models", { done: code === 0, tried: Date.now() });
}

/** The folder with a real speech model for the tests, or undefined when it cannot be had. */
export async function speechModel() {
  const folder = join(target, "models");
  const model = join(folder, "whisper/ggml-tiny.en.bin");
  if (existsSync(model)) return folder;
  const python = await virtualPython();
  if (!python || (await attempt(python, ["scripts/whisper-model.py", model], { timeout: 10 * 60 * 1000 })) !== 0) return undefined;
  return folder;
}

/** Python with a place of its own for packages, or undefined when there is none. */
async function virtualPython() {
  const folder = join(target, "clients");
  const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (existsSync(python)) return python;
  const system = which("python3") ?? which("python");
  return system && (await attempt(system, ["-m", "venv", folder])) === 0 ? python : undefined;
}

/** Python with the packages that meet Luna as other people's programs do, or undefined when they cannot be had. */
export async function pythonClients() {
  const wanted = "e2e/clients/requirements.txt";
  const python = await virtualPython();
  const now = hash([wanted]);
  if (!python || stamp("clients") === now) return python;
  const quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  if ((await attempt(python, [...quiet, "-r", wanted], { timeout: 10 * 60 * 1000 })) !== 0) return undefined;
  setStamp("clients", now);
  return python;
}
