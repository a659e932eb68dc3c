import { expect, it } from "vitest";
import { languageOf } from "./languages";

it("knows a language by a file's name", () => {
  expect(["src/a.rs", "web/App.tsx", "deploy/Dockerfile", "x.unknown", "Makefile"].map(languageOf)).toEqual(["rust", "typescript", "dockerfile", "unknown", ""]);
});
