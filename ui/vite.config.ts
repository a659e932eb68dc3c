// How the web UI is built and tested. Served by `luna serve` at `/` and shown by the desktop window.
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  plugins: [tailwindcss(), svelte()],
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
    // One file of icons instead of one an icon.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "icons", test: /@lucide/ }] } } },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts"],
  },
});
