// Chromium for the tests, and the UI on its in-memory core. Knows nothing of what is tested.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { build, preview } from "vite";

const CONFIG = fileURLToPath(new URL("../ui/vite.config.ts", import.meta.url));

/** What Luna's server sends with every page; the UI must work under it. */
export const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Milliseconds to wait for what should be there: a slow machine with two cores takes its time. */
export const PATIENCE = 60_000;

/** Chromium as installed by the system's packages; `CHROMIUM` names another. */
export async function launch(): Promise<Browser> {
  const known = [process.env["CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const executablePath = known.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) throw new Error("Chromium is missing. Install it (apt-get install chromium), or name it in CHROMIUM.");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      // 3D without a graphics card.
      "--enable-unsafe-swiftshader",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface Served {
  url: string;
  stop: () => Promise<void>;
}

/** Builds the UI with its in-memory core and serves it, under the server's own content policy. */
export async function serveFake(): Promise<Served> {
  const outDir = await mkdtemp(join(tmpdir(), "luna-ui-"));
  await build({ configFile: CONFIG, mode: "fake", logLevel: "warn", build: { outDir } });
  const server = await preview({
    configFile: CONFIG,
    mode: "fake",
    logLevel: "warn",
    build: { outDir },
    preview: { host: "127.0.0.1", port: 0, headers: { "Content-Security-Policy": POLICY } },
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === "string") throw new Error("the preview server has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      await server.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}

/** Waits until a screen is there: neither the boot's nor the place that is kept for one on its way. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main:not([aria-busy="true"])').waitFor();
}

/** Everything a page complains about: script errors, refused resources, requests to elsewhere. */
export function complaints(page: Page, home: string): string[] {
  const found: string[] = [];
  page.on("pageerror", (error) => found.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error") found.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(home) && !/^(data|blob):/.test(url)) found.push(`left home: ${url}`);
  });
  return found;
}
