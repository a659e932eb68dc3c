// What an artifact is called when it leaves as a file.
import type { Artifact } from "@/wire";

const ENDINGS = { markdown: "md", html: "html", mermaid: "mmd", text: "txt", code: "txt" };
const OF_LANGUAGE: Record<string, string> = { python: "py", rust: "rs", typescript: "ts", javascript: "js", java: "java", go: "go", c: "c", cpp: "cpp", css: "css", json: "json", sql: "sql", bash: "sh" };

/** A name that any system takes: its own where it has an ending, else with one that fits. */
export function fileNameOf({ title, kind, language }: Pick<Artifact, "title" | "kind" | "language">): string {
  const name = title.replace(/[\\/:*?"<>|\p{Cc}]+/gu, "-").replace(/^[.\s]+|[.\s]+$/g, "") || "artifact";
  if (/\.[A-Za-z0-9]{1,8}$/.test(name)) return name;
  return `${name}.${(kind === "code" ? OF_LANGUAGE[language?.toLowerCase() ?? ""] : undefined) ?? ENDINGS[kind]}`;
}
