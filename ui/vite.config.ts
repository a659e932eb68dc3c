// How the web UI is built and tested. Served by `luna serve` at `/` and shown by the desktop window.
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** KaTeX brings each font in three formats; every browser that Luna runs in reads the smallest. */
const woff2Only: Plugin = {
  name: "woff2-only",
  enforce: "pre",
  transform: (css, id) =>
    /katex\.css/.test(id) ? css.replace(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\("(?:woff|truetype)"\)/g, "") : undefined,
};

export default defineConfig({
  root: here("."),
  plugins: [woff2Only, tailwindcss(), svelte()],
  resolve: {
    alias: { "@": here("./src") },
    // Vitest would otherwise pick Svelte's server build.
    ...(process.env["VITEST"] ? { conditions: ["browser"] } : {}),
  },
  server: {
    port: 1420,
    strictPort: true,
    proxy: { "/rpc": { target: process.env["LUNA_URL"] ?? "http://127.0.0.1:8899", changeOrigin: true } },
  },
  build: {
    outDir: here("./dist"),
    emptyOutDir: true,
    target: ["es2022", "safari16"],
    // The content security policy allows no data: fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Mermaid's own pieces; they are loaded when a diagram is shown.
    chunkSizeWarningLimit: 800,
    // One file of icons instead of one an icon.
    rolldownOptions: {
      input: [here("./index.html"), here("./quick.html")],
      output: { codeSplitting: { groups: [{ name: "icons", test: /@lucide/ }] } },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
    // What a busy machine may take; nothing here measures speed.
    testTimeout: 60_000,
  },
});
