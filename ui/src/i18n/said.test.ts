import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { deSaid } from "./said.de";

const policy = readFileSync("crates/luna-core/src/gate/policy.rs", "utf8");

it("knows every sentence the gate decides with", () => {
  // The code before the tests: what stands in quotes and is a sentence.
  const decisions = policy.slice(policy.indexOf("impl Policy"), policy.indexOf("#[cfg(test)]"));
  const sentences = [...decisions.matchAll(/"((?:[a-z]+ )[^"]*)"/g)].map((match) => match[1] ?? "").filter((text) => !text.includes("::"));
  expect(sentences.length).toBeGreaterThan(12);
  for (const sentence of sentences) {
    const spoken = sentence.replace(/(?<=\S)\{[^}]*\}$/, "").replace(/\{[^}]*\}/, "web_fetch");
    expect(deSaid(spoken), sentence).not.toBe(spoken);
  }
});

/** The files of a folder and those below it, with this end. */
function files(folder: string, end: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(end)).map((name) => readFileSync(`${folder}/${name}`, "utf8"));
}

it("knows every deed in the judge's tables", () => {
  const deeds = files("crates/luna-judge/data", ".toml").flatMap((table) =>
    [...table.matchAll(/"(?:safe|moderate|dangerous|blocked): ([^"]*)"|^why = "([^"]*)"/gm)].map((match) => match[1] ?? match[2] ?? ""),
  );
  expect(new Set(deeds).size).toBeGreaterThan(300);
  expect([...new Set(deeds)].filter((deed) => deSaid(deed) === deed)).toEqual([]);
});

it("knows every sentence that the judge says by itself", () => {
  // What a call of `say` or `block` ends with.
  const said = files("crates/luna-judge/src", ".rs").flatMap((code) =>
    [...(code.split("#[cfg(test)]")[0] ?? "").matchAll(/\.(?:say|block)\((?:[^;"]|"(?!\s*[,)]))*?"((?:[^"\\]|\\.)*)"\s*,?\s*[,)]/g)].map((match) => match[1] ?? ""),
  );
  const sentences = [...new Set(said)].filter((text) => text.includes(" ") && !text.includes("=") && text !== "{} ({})");
  expect(sentences.length).toBeGreaterThan(35);
  const spoken = sentences.map((text) => text.replace("{what}", "files of the system").replace(/\{\w*\}/, text.includes("may use") ? "a disk" : "X"));
  expect(spoken.filter((sentence) => deSaid(sentence) === sentence)).toEqual([]);
});

it("knows all that the check-up finds", () => {
  const doctor = readFileSync("crates/luna-core/src/doctor.rs", "utf8");
  const examined = doctor.slice(doctor.indexOf("impl Luna"));
  const texts = [...examined.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? "").filter((text) => /^[A-Z]|[a-z] [a-z]/.test(text) && !text.includes("%"));
  expect(texts.length).toBeGreaterThan(20);
  // A value, and the name of a model with what a provider answered, stay as they are.
  const spoken = texts.map((text) => text.replace("{name}", "Large at Groq").replace(/\{[^}]*\}/g, "7"));
  expect(spoken.filter((text) => deSaid(text) === text)).toEqual([]);
});

it("puts places and names into the judge's sentences", () => {
  expect(deSaid("deletes a whole home folder")).toBe("löscht einen ganzen Benutzerordner");
  expect(deSaid("changes who may use a disk")).toBe("ändert, wer einen Datenträger benutzen darf");
  expect(deSaid("overwrites a disk (/dev/sda)")).toBe("überschreibt einen Datenträger (/dev/sda)");
  expect(deSaid("multiplies without end: bomb starts itself again and again")).toBe("vermehrt sich ohne Ende: bomb startet sich selbst immer wieder");
  expect(deSaid("deletes what nobody has thought of")).toBe("deletes what nobody has thought of");
});

it("keeps names and what it does not know", () => {
  expect(deSaid("the permission of web_fetch is set to ask")).toBe("die Berechtigung von web_fetch steht auf Fragen");
  expect(deSaid("the command is dangerous: deletes files")).toBe("der Befehl ist gefährlich: löscht Dateien");
  expect(deSaid("`rm -r old`: deletes files")).toBe("`rm -r old`: löscht Dateien");
  expect(deSaid("Ctrl+Alt+L is used by another program or by the desktop; choose other keys")).toBe("Ctrl+Alt+L gehört einem anderen Programm oder dem Desktop; wähle andere Tasten");
  expect(deSaid("frobnicates")).toBe("frobnicates");
});
