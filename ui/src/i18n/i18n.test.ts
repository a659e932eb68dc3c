import { expect, it } from "vitest";
import { dollars, duration, fileSize, relative, resolveLanguage, useLanguage } from "./index.svelte";
import { de } from "./de";
import { en } from "./en";

/** Every path of a catalogue that ends in a text, with how many suggestions a list has. */
function shape(value: object, path = ""): string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    const here = `${path}.${name}`;
    if (typeof inner === "object" && inner !== null) return shape(inner, here);
    if (typeof inner === "string" && inner.trim() === "") return [`${here} is empty`];
    return [here];
  });
}

it("has every text in both languages", () => {
  expect(shape(de)).toEqual(shape(en));
});

it("resolves a language from a setting or the browser", () => {
  expect(resolveLanguage("de-AT", [])).toBe("de");
  expect(resolveLanguage("system", ["fr", "de"])).toBe("de");
  expect(resolveLanguage("fr", [])).toBe("en");
});

it("speaks of time, length and size in its language", async () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  expect(relative("2026-11-22T11:59:40Z", now)).toBe("just now");
  expect(relative("2026-11-22T11:55:00Z", now)).toBe("5 minutes ago");
  expect(relative("2026-11-21T11:00:00Z", now)).toBe("yesterday");
  expect([duration(12), duration(4210), duration(125_000)]).toEqual(["12 ms", "4.2 s", "2 min 5 s"]);
  expect(fileSize(4210)).toBe("4.2 kB");
  expect([dollars(12.4), dollars(0.00312), dollars(0)]).toEqual(["$12.40", "$0.0031", "$0.00"]);
  await useLanguage("de");
  expect(relative("2026-11-22T11:55:00Z", now)).toBe("vor 5 Minuten");
  expect(fileSize(4210)).toBe("4,2 kB");
  await useLanguage("en");
});
