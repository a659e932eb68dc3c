import { describe, expect, it } from "vitest";
import { de } from "@/i18n/de";
import { en } from "@/i18n/en";
import type { Personality } from "@/wire";
import { sample } from "./sample";

const flat: Personality = { mood: 0, energy: 0.2, formality: 0.5, humor: 0.2, emotional_support: 0.2 };

describe("the example of a personality", () => {
  it("changes with each dimension", () => {
    const dimensions: Partial<Personality>[] = [{ mood: 0.9 }, { energy: 0.9 }, { formality: 0.9 }, { humor: 0.9 }, { emotional_support: 0.9 }];
    for (const words of [en.personality.sample, de.personality.sample]) {
      const plain = sample(words, flat, "Ada");
      const all = dimensions.map((dimension) => sample(words, { ...flat, ...dimension }, "Ada"));
      expect(new Set([plain, ...all]).size).toBe(dimensions.length + 1);
    }
  });

  it("speaks without a name when it knows none", () => {
    const said = sample(en.personality.sample, flat, "friend");
    expect(said).not.toContain("{name}");
    expect(said).toBe("Your backup finished. 412 files, 3 minutes.");
  });
});
