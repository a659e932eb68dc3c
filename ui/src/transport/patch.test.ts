import { describe, expect, it } from "vitest";
import { SETTINGS } from "./fake/data";
import { patched } from "./patch";

const groq = { model: "m", base_url: null };
const view = { settings: { ...SETTINGS, user_name: "Ada", providers: { groq } }, defaults: SETTINGS, overridden: [] };

describe("a patch of the settings", () => {
  it("changes what it names and leaves the rest", () => {
    expect(patched(view, { luna_name: "Selene" })).toEqual({ ...view.settings, luna_name: "Selene" });
  });

  it("puts back to the default what is null", () => {
    expect(patched(view, { user_name: null }).user_name).toBe(SETTINGS.user_name);
  });

  it("keeps the providers that it does not name", () => {
    const ollama = { model: "llama", base_url: null };
    expect(patched(view, { providers: { ollama } }).providers).toEqual({ groq, ollama });
  });
});
