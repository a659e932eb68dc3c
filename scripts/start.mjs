// `npm start`: sets up what is missing, builds the release profile, and opens Luna's window. Where there is no display it
// serves and prints the address. What stands after `--` goes to the program: npm start -- --port 9000

import { spawn } from "node:child_process";
import { buildUi, desktop, hasDisplay, luna, models, setUp } from "./setup.mjs";
import { program, run, step } from "./steps.mjs";

await program(async () => {
  await setUp("start", ...(hasDisplay ? ["window"] : []));
  await buildUi();
  // The terminal's program as well: both talk to the same Luna.
  const packages = ["luna-cli", ...(hasDisplay ? ["luna-desktop"] : [])];
  await step("Luna, release profile (the first time takes minutes)", () =>
    run("cargo", ["build", "--release", "--locked", ...packages.flatMap((name) => ["--package", name])]),
  );
  await models(luna("release"));
  const options = process.argv.slice(2);
  if (!hasDisplay) console.log("\nThere is no display here: Luna serves. Open the address below in a browser on this machine. Ctrl-C ends her.");
  process.exitCode = await (hasDisplay ? stay(desktop("release"), options) : stay(luna("release"), ["serve", ...options]));
});

/** Runs the program until it ends or is told to. */
function stay(binary, options) {
  return new Promise((done, failed) => {
    const child = spawn(binary, options, { stdio: "inherit" });
    // Ctrl-C reaches Luna by itself; she ends in order, and this program after her.
    process.on("SIGINT", () => {});
    for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
    child.on("error", failed);
    child.on("close", (code) => done(code ?? 0));
  });
}
