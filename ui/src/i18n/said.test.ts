import { readFileSync } from "node:fs";
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

it("keeps names and what it does not know", () => {
  expect(deSaid("the permission of web_fetch is set to ask")).toBe("die Berechtigung von web_fetch steht auf Fragen");
  expect(deSaid("the command is dangerous: deletes files")).toBe("der Befehl ist gefährlich: löscht Dateien");
  expect(deSaid("`rm -r old`: deletes files")).toBe("`rm -r old`: löscht Dateien");
  expect(deSaid("Ctrl+Alt+L is used by another program or by the desktop; choose other keys")).toBe("Ctrl+Alt+L gehört einem anderen Programm oder dem Desktop; wähle andere Tasten");
  expect(deSaid("frobnicates")).toBe("frobnicates");
});
