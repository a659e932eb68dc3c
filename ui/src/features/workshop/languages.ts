// Which language a file is in, by its name, as the colours know it.

const BY_ENDING: Record<string, string> = {
  rs: "rust",
  ts: "typescript",
  tsx: "typescript",
  mts: "typescript",
  js: "javascript",
  jsx: "javascript",
  mjs: "javascript",
  svelte: "xml",
  vue: "xml",
  html: "xml",
  xml: "xml",
  svg: "xml",
  py: "python",
  go: "go",
  java: "java",
  c: "c",
  h: "c",
  cc: "cpp",
  cpp: "cpp",
  hpp: "cpp",
  sh: "bash",
  css: "css",
  json: "json",
  md: "markdown",
  sql: "sql",
  toml: "ini",
  ini: "ini",
  yaml: "yaml",
  yml: "yaml",
};

/** The language of a file; its ending where it is not known. */
export function languageOf(path: string): string {
  const name = path.split("/").at(-1) ?? path;
  if (/^Dockerfile/i.test(name)) return "dockerfile";
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return BY_ENDING[ending] ?? ending;
}
