// Tries the .deb on a system that has nothing: one made by debootstrap in a folder, where apt may bring only what the package
// says that it needs. Luna starts there, and it is looked at what she does. Knows nothing of how the package was made.

import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { output, run, step, Stop, target } from "./steps.mjs";

/** Waited for what a slow machine does. */
const PATIENCE = 90_000;
/** A screen with a window on it has more colours than one without. */
const COLOURS = 40;
/** What src-tauri/src/native.rs logs when the page says that it was painted. */
const PAINTED = "the window shows its first screen";

/** Installs the package in a fresh system, starts it there and takes it off again; stops where something does not hold. */
export async function tryInCleanRoot(deb) {
  if (process.getuid() !== 0) throw new Stop("A clean system in a folder needs root: run this as root, in a container for example.");
  const place = mkdtempSync(join(tmpdir(), "luna-clean-root-"));
  const clean = new CleanRoot(join(place, "root"));
  try {
    await step("A clean system, by debootstrap", () => clean.make());
    await step("The package in it, with what it needs and nothing that it only recommends", () => clean.install(deb));
    await step("Luna's start in it, with a window", () => looked(clean, place));
    await step("The package off again", () => clean.remove());
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

/** A system in a folder. What it mounts is seen by its own processes only, and is gone with them. */
class CleanRoot {
  constructor(folder) {
    this.folder = folder;
  }

  async make() {
    const { suite, mirror } = distribution();
    await run("unshare", ["--mount", "debootstrap", "--variant=minbase", suite, this.folder, mirror]);
    // Services of packages have no place to run.
    writeFileSync(join(this.folder, "usr/sbin/policy-rc.d"), "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    copyFileSync("/etc/resolv.conf", join(this.folder, "etc/resolv.conf"));
    this.before = this.packages();
  }

  async install(deb) {
    const inside = `/root/${basename(deb)}`;
    copyFileSync(deb, join(this.folder, inside));
    await run(...this.inside("apt-get", "update", "-qq"));
    await run(...this.inside("apt-get", "install", "-y", "-qq", "--no-install-recommends", "-o", "Dpkg::Use-Pty=0", "-o", "APT::Sandbox::User=root", inside));
    for (const program of ["/usr/bin/luna", "/usr/bin/luna-desktop"]) {
      const lacks = this.say("ldd", program).split("\n").filter((line) => line.includes("not found"));
      if (lacks.length > 0) throw new Stop(`${program} lacks what no Depends brought:\n${lacks.join("\n")}`);
    }
    const entry = this.say("sh", "-c", "cat /usr/share/applications/*.desktop");
    for (const line of [/^Exec=luna-desktop %u$/m, /^MimeType=x-scheme-handler\/luna;?$/m, /^Icon=luna-desktop$/m, /^Categories=.+$/m]) {
      if (!line.test(entry)) throw new Stop(`The desktop entry has no ${line}:\n${entry}`);
    }
    const added = this.packages().length - this.before.length;
    console.log(`  ${this.say("/usr/bin/luna", "--version")}; apt brought ${added} packages`);
    this.say("useradd", "--create-home", "someone");
  }

  async remove() {
    await run(...this.inside("apt-get", "purge", "-y", "-qq", "-o", "Dpkg::Use-Pty=0", "luna"));
    const left = this.say("sh", "-c", "ls -d /usr/bin/luna* /usr/lib/luna* /usr/share/applications/*una* /usr/share/icons/hicolor/*/apps/luna* 2>/dev/null || true");
    if (left !== "") throw new Stop(`The package leaves behind:\n${left}`);
  }

  packages() {
    return this.say("dpkg-query", "-W", "-f=${Package}\n").split("\n");
  }

  /** The command line that runs a program in it. All its processes end with the first. */
  inside(...command) {
    const prepare = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && mkdir -p -m 1777 /tmp/.X11-unix "$0/tmp/.X11-unix" && mount --bind /tmp/.X11-unix "$0/tmp/.X11-unix" && exec chroot "$0" env -i "$@"';
    const env = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive"];
    for (const name of ["http_proxy", "https_proxy", "no_proxy"]) if (process.env[name]) env.push(`${name}=${process.env[name]}`);
    return ["unshare", ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", prepare, this.folder, ...env, ...command]];
  }

  say(...command) {
    const said = output(...this.inside(...command));
    if (said === undefined) throw new Stop(`In the clean system, ${command.join(" ")} failed.`);
    return said;
  }
}

/** Starts Luna on a screen without hardware; she must paint her window and answer over HTTP. */
async function looked(clean, place) {
  const screen = spawn("Xvfb", ["-displayfd", "1", "-screen", "0", "1280x800x24", "-fbdir", place, "-nolisten", "tcp", "-ac"], { stdio: ["ignore", "pipe", "ignore"] });
  let luna;
  try {
    const display = `:${(await firstLine(screen)).trim()}`;
    const port = await freePort();
    const env = [`DISPLAY=${display}`, `PORT=${port}`, "EXECUTOR_PORT=0", "LUNA_LOG=info", "LLM_PROVIDER=builtin", "LUNA_SECRET_STORE=file"];
    const [command, args] = clean.inside("runuser", "-u", "someone", "--", "env", "HOME=/home/someone", ...env, "dbus-run-session", "--", "luna-desktop");
    luna = spawn(command, args, { stdio: ["ignore", "ignore", "pipe"] });
    const painted = await lineWith(luna, PAINTED);
    console.log(`  ${painted.replace(/\x1b\[[\d;]*m/g, "").trim()}`);
    const health = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
    console.log(`  GET /health: ${JSON.stringify(health).slice(0, 200)}`);
    const page = await fetch(`http://127.0.0.1:${port}/`, { headers: { Accept: "text/html" } });
    if (!page.ok || !(await page.text()).includes("<title>")) throw new Stop("The same program does not serve its UI to browsers.");
    const colours = await seen(join(place, "Xvfb_screen0"));
    const picture = await (await fetch(`http://127.0.0.1:${port}/rpc/sight.picture`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ of: "screen" }) })).json();
    const file = join(target, "bundle", "clean-root.jpg");
    if (picture.url) writeFileSync(file, Buffer.from(picture.url.split(",")[1], "base64"));
    console.log(`  the screen shows ${colours} colours${picture.url ? `; a picture of it is ${file}` : ""}`);
  } finally {
    // The first process of a namespace takes nothing less; the others go with it.
    if (luna) await ended(luna, "SIGKILL");
    await ended(screen, "SIGTERM");
  }
}

/** How many colours the screen shows, once there is a window; what a page painted is on the screen a little later. */
async function seen(file) {
  const until = Date.now() + PATIENCE;
  for (;;) {
    const colours = coloursOf(file);
    if (colours >= COLOURS) return colours;
    if (Date.now() > until) throw new Stop(`The screen shows ${colours} colours: no window is painted on it.`);
    await new Promise((later) => setTimeout(later, 200));
  }
}

/** How many colours a picture in X's own format (XWD, 32 bits a pixel) has. */
function coloursOf(file) {
  const all = readFileSync(file);
  const [header, colourMap, depth] = [all.readUInt32BE(0), all.readUInt32BE(76), all.readUInt32BE(44)];
  if (depth !== 32) throw new Stop(`The screen has ${depth} bits a pixel; 32 were asked for.`);
  const pixels = new Uint8Array(all.subarray(header + colourMap * 12));
  return new Set(new Uint32Array(pixels.buffer, 0, Math.floor(pixels.length / 4))).size;
}

function distribution() {
  const suite = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  const known = output("apt-get", ["indextargets", "--format", "$(CODENAME) $(SITE)", "Identifier: Packages"]) ?? "";
  const mirror = known.split("\n").map((line) => line.split(" ")).find(([codename]) => codename === suite)?.[1];
  if (!suite || !mirror) throw new Stop("apt names no mirror for this system's own release; the clean system is made from that.");
  return { suite, mirror };
}

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

function firstLine(child) {
  return lineWith(child, "", child.stdout);
}

/** The first line with this text that a program says. */
function lineWith(child, text, stream = child.stderr) {
  return new Promise((found, failed) => {
    const said = [];
    const late = setTimeout(() => failed(new Stop(`“${text}” was not said in ${PATIENCE / 1000} s. What was:\n${said.join("\n")}`)), PATIENCE);
    createInterface({ input: stream }).on("line", (line) => {
      said.push(line);
      if (!line.includes(text)) return;
      clearTimeout(late);
      found(line);
    });
    child.on("exit", (code, signal) => {
      clearTimeout(late);
      failed(new Stop(`It ended (${code ?? signal}) before it said “${text}”. What it said:\n${said.join("\n")}`));
    });
  });
}

function ended(child, signal) {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.on("exit", () => done());
    child.kill(signal);
  });
}
