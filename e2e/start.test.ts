// What the window fetches before it can be used: what the chat needs, and no large package.
import { expect, it } from "vitest";
import { open, page, visitInEachTest } from "./visit";

visitInEachTest();

/** Bytes of script until the chat is there, not packed; the core in memory, which the real window has not, is some 100 kB of it. */
const MOST = 700_000;
const LATER = /mermaid|katex|cytoscape|xterm|editor|SceneDialog|highlight|Palette|Settings(Screen)?-|(Memory|Agent|Today|Run|Workshop)Screen/;

it("begins with little", async () => {
  const scripts: { name: string; size: Promise<number> }[] = [];
  page.on("response", (response) => {
    const name = new URL(response.url()).pathname.split("/").at(-1) ?? "";
    if (name.endsWith(".js")) scripts.push({ name, size: response.body().then((body) => body.length) });
  });
  await open("#/chat");
  await page.getByText("What can I do for you").waitFor();
  const fetched = [...scripts];
  expect(fetched.map(({ name }) => name).filter((name) => LATER.test(name))).toEqual([]);
  const sizes = await Promise.all(fetched.map(({ size }) => size));
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  expect(whole).toBeGreaterThan(100_000);
  expect(whole).toBeLessThan(MOST);
});
