// Sentences of the core in German: why something is asked, and what commands do. The core speaks English; a sentence that is
// not here is shown as it is.

/** The gate's sentences. `{}` stands for a name. */
const GATE: Record<string, string> = {
  "it is never run": "das wird nie ausgeführt",
  "there is no tool called {}": "es gibt kein Werkzeug namens {}",
  "the permission of {} is set to block": "die Berechtigung von {} steht auf Sperren",
  "the permission of {} is set to ask": "die Berechtigung von {} steht auf Fragen",
  "the permission of {} is set to allow": "die Berechtigung von {} steht auf Erlauben",
  "it is not for messages from elsewhere": "das ist nichts für Nachrichten von anderswo",
  "it is switched off in Settings": "es ist in den Einstellungen ausgeschaltet",
  "you asked for it directly": "du hast es selbst verlangt",
  "text from outside was read before, and this changes something": "vorher wurde Text von außen gelesen, und dies ändert etwas",
  "text from outside was read before, and this sends to an address that nobody named":
    "vorher wurde Text von außen gelesen, und dies sendet an eine Adresse, die niemand genannt hat",
  "text from outside was read before, and this is dangerous": "vorher wurde Text von außen gelesen, und dies ist gefährlich",
  "a rule of yours allows it": "eine deiner Regeln erlaubt es",
  "a rule of yours says to ask": "eine deiner Regeln sagt, dass gefragt wird",
  "a rule of yours blocks it": "eine deiner Regeln sperrt es",
  "the command only reads": "der Befehl liest nur",
  "the permission of commands is set to allow": "die Berechtigung für Befehle steht auf Erlauben",
  "the command changes something": "der Befehl ändert etwas",
  "the command is dangerous": "der Befehl ist gefährlich",
  "It only reads.": "Es liest nur.",
  "It changes things that can usually be changed back.": "Es ändert etwas, das sich meist zurückändern lässt.",
  "It deletes, needs privileges, changes the system, or could not be fully understood.":
    "Es löscht, braucht besondere Rechte, ändert das System oder ließ sich nicht ganz verstehen.",
};

/** The desktop program's sentences about its keys. `{}` stands for keys. */
const KEYS: Record<string, string> = {
  "{} is used by another program or by the desktop; choose other keys": "{} gehört einem anderen Programm oder dem Desktop; wähle andere Tasten",
  "{} is another hotkey of Luna's already": "{} ist schon eine andere Taste von Luna",
  "{} alone would be lost for typing; add Ctrl, Alt or Super": "{} allein fehlte beim Tippen; nimm Strg, Alt oder Super dazu",
  "this desktop gave it {} instead; change it in its settings": "dieser Desktop gab stattdessen {}; ändere es in seinen Einstellungen",
  "This desktop hands out hotkeys itself; it may ask you to confirm them.": "Dieser Desktop vergibt Tasten selbst; vielleicht fragt er dich danach.",
  "Programs cannot take global hotkeys on this desktop. Bind these commands to keys in its keyboard settings.":
    "Auf diesem Desktop können Programme keine globalen Tasten belegen. Lege diese Befehle in seinen Tastatureinstellungen auf Tasten.",
};

/** What commands do, as the judge says it. */
const DEEDS: Record<string, string> = {
  "changes a cluster": "ändert einen Cluster",
  "changes files": "ändert Dateien",
  "changes permissions": "ändert Zugriffsrechte",
  "changes services": "ändert Dienste",
  "changes settings of the desktop": "ändert Einstellungen des Desktops",
  "changes settings of the machine": "ändert Einstellungen des Rechners",
  "changes the branch": "wechselt den Zweig",
  "changes the network": "ändert das Netz",
  "changes the running kernel": "ändert den laufenden Kern",
  "changes the system": "ändert das System",
  "changes what is published": "ändert Veröffentlichtes",
  "changes where packages come from": "ändert, woher Pakete kommen",
  "copies files": "kopiert Dateien",
  "copies files between machines": "kopiert Dateien zwischen Rechnern",
  "creates folders": "legt Ordner an",
  "creates files": "legt Dateien an",
  "deletes a branch whatever is on it": "löscht einen Zweig, was auch darauf ist",
  "deletes a tag": "löscht eine Marke",
  "deletes at a host": "löscht bei einem Anbieter",
  "deletes files": "löscht Dateien",
  "deletes folders": "löscht Ordner",
  "deletes from a cluster": "löscht in einem Cluster",
  "deletes in a cloud": "löscht in einer Cloud",
  "deletes logs": "löscht Protokolle",
  "deletes or stops in a cloud": "löscht oder beendet etwas in einer Cloud",
  "deletes something elsewhere": "löscht etwas anderswo",
  "deletes what was built": "löscht Gebautes",
  "downloads files": "lädt Dateien herunter",
  "ends processes": "beendet Prozesse",
  "erases a disk": "löscht einen Datenträger",
  "fetches from the network": "holt etwas aus dem Netz",
  "forces what the package manager refuses": "erzwingt, was die Paketverwaltung verweigert",
  "installs or updates packages": "installiert oder aktualisiert Pakete",
  "installs packages": "installiert Pakete",
  "makes a commit": "macht einen Commit",
  "makes a tag": "setzt eine Marke",
  "makes folders": "legt Ordner an",
  "manages packages": "verwaltet Pakete",
  "moves a branch by force": "verschiebt einen Zweig mit Gewalt",
  "moves files": "verschiebt Dateien",
  "moves or renames files": "verschiebt oder benennt Dateien um",
  "publishes a package": "veröffentlicht ein Paket",
  "puts files into the trash": "legt Dateien in den Papierkorb",
  "removes packages": "entfernt Pakete",
  "runs a command with all rights": "führt einen Befehl mit allen Rechten aus",
  "runs a program of a package": "startet ein Programm aus einem Paket",
  "runs a script of the project": "startet ein Skript des Projekts",
  "runs another program": "startet ein anderes Programm",
  "runs with the system's privileges": "läuft mit den Rechten des Systems",
  "sends commits to a remote repository": "sendet Commits an ein entferntes Archiv",
  "shows and changes the network": "zeigt und ändert das Netz",
  "switches the machine off or over": "schaltet den Rechner aus oder um",
  "throws changes away": "verwirft Änderungen",
  "throws changes of files away": "verwirft Änderungen an Dateien",
  "unpacks files": "packt Dateien aus",
  "updates packages": "aktualisiert Pakete",
  "works on a cloud": "arbeitet an einer Cloud",
  "works on a cluster": "arbeitet an einem Cluster",
  "works on a repository": "arbeitet an einem Archiv",
  "works on containers": "arbeitet an Containern",
  "works on files": "arbeitet an Dateien",
  "writes a file": "schreibt eine Datei",
  "writes files": "schreibt Dateien",
  "writes to a file": "schreibt in eine Datei",
};

const PATTERNS = Object.entries({ ...GATE, ...KEYS })
  .filter(([english]) => english.includes("{}"))
  .map(([english, german]): [RegExp, string] => [new RegExp(`^${english.replace("{}", "(.+)")}$`), german]);

/** A sentence of the core, in German where it is known. */
export function deSaid(sentence: string): string {
  const whole = GATE[sentence] ?? KEYS[sentence] ?? DEEDS[sentence];
  if (whole !== undefined) return whole;
  // "`rm -r old`: deletes files", "the command is dangerous: deletes files".
  const colon = sentence.lastIndexOf(": ");
  if (colon !== -1) return `${deSaid(sentence.slice(0, colon))}: ${deSaid(sentence.slice(colon + 2))}`;
  for (const [pattern, german] of PATTERNS) {
    const name = pattern.exec(sentence)?.[1];
    if (name !== undefined) return german.replace("{}", name);
  }
  return sentence;
}
