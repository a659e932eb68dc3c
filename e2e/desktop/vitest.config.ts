// The desktop program's tests, and its benches (`--mode bench`): one window after another, in a session with a display and a
// bus of its own.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  root: fileURLToPath(new URL(".", import.meta.url)),
  test: {
    include: [mode === "bench" ? "**/*.speed.ts" : "**/*.desktop.ts"],
    environment: "node",
    maxWorkers: 1,
    bail: 1,
    // A window, a tray and a keyboard that somebody else's programs serve: a machine that stutters gets another try.
    retry: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    disableConsoleIntercept: mode === "bench",
  },
}));
