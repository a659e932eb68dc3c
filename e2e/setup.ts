// Builds the UI with its in-memory core once, and serves it to every test file.
import type { TestProject } from "vitest/node";
import { serveFake } from "./browser";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the UI on its in-memory core is served. */
    fake: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const served = await serveFake();
  project.provide("fake", served.url);
  return served.stop;
}
