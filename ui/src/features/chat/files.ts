// Text files given with a message. They go into the workspace through the same door as every file Luna writes, so that they
// are read as text from outside and can be undone; the message only says where they are.
import { luna } from "@/transport";

export interface TextFile {
  name: string;
  text: string;
  size: number;
}

/** The folder of the workspace for what the user attached. */
const FOLDER = "attachments";
const MAX_TEXT_BYTES = 2_000_000;

/** The text of a file, or why it cannot be attached. */
export async function readText(file: File): Promise<TextFile | "not-text" | "too-large"> {
  if (file.size > MAX_TEXT_BYTES) return "too-large";
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return text.includes("\0") ? "not-text" : { name: file.name, text, size: file.size };
  } catch {
    return "not-text";
  }
}

/** A path in the folder that is not taken. */
function freePath(name: string, taken: ReadonlySet<string>): string {
  const safe = name.replace(/[/\\]+/g, "-").replace(/^\.+/, "").trim() || "file.txt";
  const dot = safe.lastIndexOf(".");
  const [stem, end] = dot > 0 ? [safe.slice(0, dot), safe.slice(dot)] : [safe, ""];
  for (let count = 1; ; count += 1) {
    const path = `${FOLDER}/${stem}${count === 1 ? "" : `-${count}`}${end}`;
    if (!taken.has(path)) return path;
  }
}

/** Puts files into the workspace; their paths. */
export async function putFiles(files: readonly TextFile[]): Promise<string[]> {
  const taken = new Set((await luna.call("agent.workspace", {})).map((file) => file.path));
  const paths: string[] = [];
  for (const file of files) {
    const path = freePath(file.name, taken);
    await luna.call("agent.write_file", { path, content: file.text });
    taken.add(path);
    paths.push(path);
  }
  return paths;
}
