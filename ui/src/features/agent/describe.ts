// Words for tool calls and rules, in the language that is shown.
import { t } from "@/i18n/index.svelte";
import type { JsonValue, RuleMatch } from "@/wire";

/** The fields that say what a call is about, the most telling first. */
const OBJECTS = ["path", "command", "url", "query", "content", "text", "title", "description", "fact", "from", "name", "app", "pattern", "id"];

/** What a call is about: the value of its most telling field, on one line. */
export function objectOf(input: JsonValue): string {
  if (typeof input === "string") return line(input);
  if (input === null || typeof input !== "object" || Array.isArray(input)) return "";
  const telling = OBJECTS.find((name) => typeof input[name] === "string") ?? Object.keys(input).find((name) => typeof input[name] === "string");
  const value = telling === undefined ? undefined : input[telling];
  return typeof value === "string" ? line(value) : "";
}

function line(text: string): string {
  const flat = text.replace(/\s+/g, " ").trim();
  return flat.length > 120 ? `${flat.slice(0, 119)}…` : flat;
}

/** "Reading", "Read" or "Could not read", as the call stands; "Used x" for a tool without words of its own. */
export function verbOf(tool: string, state: "doing" | "done" | "failed" = "done"): string {
  const words = t().tool;
  if (state === "doing") return words.doing[tool] ?? words.calling(tool);
  if (state === "failed") return words.tried[tool] ?? words.notDone(tool);
  return words.verbs[tool] ?? words.called(tool);
}

/** What a rule fits, in words. */
export function ruleWords(matches: RuleMatch): string {
  switch (matches.kind) {
    case "any":
      return t().rules.any;
    case "exactly":
      return objectOf(matches.input) || t().rules.exactly;
    case "field":
      return t().rules.field(matches.name, typeof matches.value === "string" ? line(matches.value) : JSON.stringify(matches.value));
    case "under":
      return t().rules.under(matches.name, matches.prefix);
    case "command":
      return t().rules.command(matches.words.join(" "));
  }
}

/** The exact text that would be done: the command or the path as it is, anything else as JSON. */
export function exactText(input: JsonValue): string {
  if (input !== null && typeof input === "object" && !Array.isArray(input)) {
    const keys = Object.keys(input);
    const [only] = keys;
    const value = only === undefined ? undefined : input[only];
    if (keys.length === 1 && typeof value === "string") return value;
    if (typeof input["command"] === "string" && keys.length === 1) return input["command"];
  }
  return JSON.stringify(input, null, 2);
}
