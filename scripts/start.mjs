// `npm start`: sets up what is missing, builds the release profile, serves, and opens the browser. What stands after
// `--` goes to `luna serve`: npm start -- --port 9000

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { buildUi, hasDisplay, luna, models, setUp } from "./setup.mjs";
import { program, run, step } from "./steps.mjs";

await program(async () => {
  await setUp("start");
  await buildUi();
  const binary = luna("release");
  await step("Luna, release profile (the first time takes minutes)", () =>
    run("cargo", ["build", "--release", "--locked", "--package", "luna-cli"]),
  );
  await models(binary);
  process.exitCode = await serve(binary);
});

/** Serves until it ends or is told to; shows its output and opens the first address it names. */
function serve(binary) {
  return new Promise((done, failed) => {
    const child = spawn(binary, ["serve", ...process.argv.slice(2)], { stdio: ["inherit", "pipe", "inherit"] });
    let opened = false;
    createInterface({ input: child.stdout }).on("line", (line) => {
      console.log(line);
      const address = /https?:\/\/\S+/.exec(line)?.[0];
      if (!address || opened) return;
      opened = true;
      if (hasDisplay) open(address);
      else console.log(`There is no display here. Open ${address} in a browser on this machine. Ctrl-C ends Luna.`);
    });
    // Ctrl-C reaches Luna by itself; she ends in order, and this program after her.
    process.on("SIGINT", () => {});
    for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
    child.on("error", failed);
    child.on("close", (code) => done(code ?? 0));
  });
}

function open(address) {
  const [command, ...before] = { darwin: ["open"], win32: ["cmd", "/c", "start", ""] }[process.platform] ?? ["xdg-open"];
  const child = spawn(command, [...before, address], { stdio: "ignore", detached: true });
  child.on("error", () => console.log(`The browser cannot be opened from here. Open ${address} yourself.`));
  child.unref();
}
