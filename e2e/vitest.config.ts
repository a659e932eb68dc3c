// Browser tests: real Chromium, two files side by side.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  test: {
    include: ["**/*.test.ts"],
    environment: "node",
    globalSetup: ["setup.ts"],
    maxWorkers: 2,
    maxConcurrency: 3,
    // As the tests of the real window: a machine that stutters gets another try, and the report says which test needed it.
    retry: 1,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
