// `npm run bundle`: packages for this system, each holding the desktop program and the program `luna`. On Linux a .deb and an
// AppImage, with man pages and completions; elsewhere what tauri.conf.json names. They lie in target/release/bundle. With
// `-- --try` the .deb is then installed and started in a clean system.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { tryInCleanRoot } from "./clean-root.mjs";
import { buildUi, desktop, luna, setUp } from "./setup.mjs";
import { attempt, output, program, root, run, step, Stop, target, which } from "./steps.mjs";

const exe = process.platform === "win32" ? ".exe" : "";
const stage = join(target, "bundle");
const made = join(target, "release", "bundle");

/** What each system's packages are; whether a missing tool of the bundler's is the end. */
const KINDS = {
  linux: [
    { kind: "deb", must: true },
    { kind: "appimage", must: false },
  ],
  darwin: [
    { kind: "app", must: true },
    { kind: "dmg", must: true },
  ],
  win32: [{ kind: "nsis", must: true }],
};

await program(async () => {
  const wanted = process.argv.slice(2);
  const trial = wanted.includes("--try");
  if (wanted.some((flag) => flag !== "--try")) throw new Stop(`There is no ${wanted.join(" ")}; there is --try.`);
  if (trial && process.platform !== "linux") throw new Stop("--try needs Linux: it installs the .deb in a clean system.");
  await setUp("start", "window", ...(which("apt-get") ? ["bundle"] : []), ...(trial ? ["try"] : []));
  await buildUi();
  await step("Luna, release profile", () => run("cargo", ["build", "--release", "--locked", "--package", "luna-cli", "--package", "luna-desktop"]));
  const config = await step("What goes into the packages", staged);
  // Packages of an earlier version would be taken for this one's.
  rmSync(made, { recursive: true, force: true });
  const missing = [];
  for (const { kind, must } of KINDS[process.platform] ?? []) {
    // The AppImage's own tools are programs in AppImages, which unpack themselves where there is no FUSE.
    const env = { APPIMAGE_EXTRACT_AND_RUN: "1" };
    const code = await step(`Package: ${kind}`, () => attempt("npx", ["tauri", "bundle", "--bundles", kind, "--config", config], { env, timeout: 15 * 60 * 1000 }));
    if (code !== 0 && must) throw new Stop(`tauri bundle --bundles ${kind} ended with ${code}`);
    if (code !== 0) missing.push(kind);
  }
  for (const path of packages()) console.log(`\nBUILT: ${relative(root, path)} (${(statSync(path).size / 1e6).toFixed(0)} MB)`);
  for (const kind of missing) console.log(`\nNOT BUILT: ${kind}: the bundler fetches its tools from the internet, and they could not be had or did not run (see above; docs/releasing.md).`);
  if (trial) await tryInCleanRoot(packages().find((path) => path.endsWith(".deb")));
});

/** The files that were made; a .app is a folder, and goes into a .dmg. */
function packages() {
  return readdirSync(made, { recursive: true }).filter((name) => /\.(deb|AppImage|dmg|exe)$/.test(name)).map((name) => join(made, name));
}

/** Puts the second program, man pages and completions where the bundler finds them; gives the configuration that names them. */
async function staged() {
  const triple = /^host: (.*)$/m.exec(output("rustc", ["-vV"]) ?? "")?.[1];
  if (!triple) throw new Stop("rustc does not say what this machine is.");
  mkdirSync(stage, { recursive: true });
  copyFileSync(luna("release"), join(stage, `luna-${triple}${exe}`));
  const bundle = { externalBin: [join(stage, "luna")] };
  if (process.platform === "linux") bundle.linux = { deb: { files: await manual(), depends: needs() } };
  const file = join(stage, "tauri.conf.json");
  writeFileSync(file, JSON.stringify({ bundle }));
  return relative(root, file);
}

/** What the package needs: what tauri.conf.json names, and the packages of the libraries that the programs are linked to. The
 * bundler adds those of the web view and the tray. */
function needs() {
  const { depends } = JSON.parse(readFileSync(join(root, "tauri.conf.json"), "utf8")).bundle.linux.deb;
  if (!which("dpkg-shlibdeps")) return depends;
  // dpkg-shlibdeps works on a source package only: it is given the least that is one.
  const source = join(stage, "deb");
  mkdirSync(join(source, "debian"), { recursive: true });
  writeFileSync(join(source, "debian/control"), "Source: luna\n\nPackage: luna\nArchitecture: any\n");
  const linked = output("dpkg-shlibdeps", ["-O", luna("release"), desktop("release")], { cwd: source });
  const line = /^shlibs:Depends=(.*)$/m.exec(linked ?? "")?.[1];
  if (!line) throw new Stop("dpkg-shlibdeps does not say which packages the programs' libraries are in.");
  return [...depends, ...line.split(", ")];
}

async function manual() {
  const man = join(stage, "man");
  mkdirSync(man, { recursive: true });
  await run(luna("release"), ["man", man]);
  const files = Object.fromEntries(readdirSync(man).map((page) => [`/usr/share/man/man1/${page}`, join(man, page)]));
  const shells = { bash: "/usr/share/bash-completion/completions/luna", zsh: "/usr/share/zsh/vendor-completions/_luna", fish: "/usr/share/fish/vendor_completions.d/luna.fish" };
  for (const [shell, place] of Object.entries(shells)) {
    const file = join(stage, `luna.${shell}`);
    writeFileSync(file, output(luna("release"), ["completions", shell]) ?? "");
    files[place] = file;
  }
  return files;
}
