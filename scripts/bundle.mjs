// `npm run bundle`: packages for this system, each holding the desktop program and the program `luna`. On Linux a .deb and an
// AppImage, with man pages and completions; elsewhere what tauri.conf.json names. They lie in target/release/bundle.

import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { buildUi, luna, setUp } from "./setup.mjs";
import { attempt, output, program, root, run, step, Stop, target } from "./steps.mjs";

const exe = process.platform === "win32" ? ".exe" : "";
const stage = join(target, "bundle");

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
  await setUp("start", "window");
  await buildUi();
  await step("Luna, release profile", () => run("cargo", ["build", "--release", "--locked", "--package", "luna-cli", "--package", "luna-desktop"]));
  const config = await step("What goes into the packages", staged);
  const missing = [];
  for (const { kind, must } of KINDS[process.platform] ?? []) {
    // The AppImage's own tools are programs in AppImages, which unpack themselves where there is no FUSE.
    const env = { APPIMAGE_EXTRACT_AND_RUN: "1" };
    const code = await step(`Package: ${kind}`, () => attempt("npx", ["tauri", "bundle", "--bundles", kind, "--config", config], { env, timeout: 15 * 60 * 1000 }));
    if (code !== 0 && must) throw new Stop(`tauri bundle --bundles ${kind} ended with ${code}`);
    if (code !== 0) missing.push(kind);
  }
  for (const kind of missing) console.log(`\nNOT BUILT: ${kind}: the bundler fetches its tools from the internet, and they could not be had or did not run (see above).`);
});

/** Puts the second program, man pages and completions where the bundler finds them; gives the configuration that names them. */
async function staged() {
  const triple = /^host: (.*)$/m.exec(output("rustc", ["-vV"]) ?? "")?.[1];
  if (!triple) throw new Stop("rustc does not say what this machine is.");
  mkdirSync(stage, { recursive: true });
  copyFileSync(luna("release"), join(stage, `luna-${triple}${exe}`));
  const bundle = { externalBin: [join(stage, "luna")] };
  if (process.platform === "linux") bundle.linux = { deb: { files: await manual() } };
  const file = join(stage, "tauri.conf.json");
  writeFileSync(file, JSON.stringify({ bundle }));
  return relative(root, file);
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
