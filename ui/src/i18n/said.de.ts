// Sentences of the core in German: why something is asked, and what commands do. The core speaks English; a sentence that is
// not here is shown as it is.

import { DEEDS, DEEDS_WITH } from "./judge.de";

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
  "the instructions of {} are in use, which may not {}; switch that skill off, or ask without it":
    "gerade gilt die Anleitung von {}, und die darf {}; schalte diesen Skill aus, oder frage ohne ihn",
  "the instructions of {} are in use, which did not ask for {} when it was installed":
    "gerade gilt die Anleitung von {}, und die hat beim Installieren nicht um {} gebeten",
  "reach the network": "nicht ins Netz gehen",
  "run commands": "keine Befehle ausführen",
  "touch files": "keine Dateien anrühren",
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

/** The check-up's names, findings and ways out (crates/luna-core/src/doctor.rs). `{}` stands for what was found. */
const DOCTOR: Record<string, string> = {
  Database: "Datenbank",
  "Audit log": "Protokoll",
  Model: "Modell",
  Machine: "Rechner",
  Disk: "Datenträger",
  Backups: "Sicherungen",
  "Memory search": "Suche im Gedächtnis",
  "Keys and tokens": "Schlüssel und Token",
  "in memory": "im Arbeitsspeicher",
  "stop Luna and run `luna restore`": "Luna anhalten und `luna restore` ausführen",
  "{} records, all in their place": "{} Einträge, alle an ihrem Platz",
  "somebody or something changed the file; keep a copy of it and compare it with a backup":
    "jemand oder etwas hat die Datei geändert; hebe eine Kopie auf und vergleiche sie mit einer Sicherung",
  "line {} is no record: {}": "Zeile {} ist kein Eintrag: {}",
  "line {} should be record {} and is {}": "Zeile {} sollte Eintrag {} sein und ist {}",
  "record {} does not follow the one before it": "Eintrag {} folgt nicht auf den vor ihm",
  "record {} was changed": "Eintrag {} wurde geändert",
  "check the permissions of the data folder": "prüfe die Zugriffsrechte des Datenordners",
  "the built-in model answers: it does tasks, but cannot talk freely": "das eingebaute Modell antwortet: es erledigt Aufgaben, kann aber nicht frei reden",
  "add a model in Settings, or set LLM_PROVIDER and a key; see `luna models`":
    "füge in den Einstellungen ein Modell hinzu, oder setze LLM_PROVIDER und einen Schlüssel; siehe `luna models`",
  "{} at {} answers": "{} bei {} antwortet",
  "test it in Settings, or choose another": "prüfe es in den Einstellungen, oder wähle ein anderes",
  "nothing to do; facts about it are missing": "nichts zu tun; Angaben über ihn fehlen",
  "{} GiB free": "{} GiB frei",
  "free some space: Luna stops writing when the disk is full": "schaffe Platz: Luna schreibt nicht mehr, wenn der Datenträger voll ist",
  "{} kept, the newest of {}": "{} aufgehoben, die neueste vom {}",
  "none yet; one is made every day": "noch keine; jeden Tag wird eine gemacht",
  "static table": "feste Tabelle",
  "static table and MiniLM": "feste Tabelle und MiniLM",
  "kept in {}": "aufgehoben: {}",
  "the system keyring": "im Schlüsselbund des Systems",
  "a private file in Luna's data folder": "in einer privaten Datei in Lunas Datenordner",
};

const WHOLE: Record<string, string> = { ...GATE, ...KEYS, ...DEEDS, ...DOCTOR };

/** Sentences with names in them, by what they look like. The judge's take a place that is known, or one word. */
const PATTERNS = [...patterns({ ...GATE, ...KEYS, ...DOCTOR }, () => true), ...patterns(DEEDS_WITH, (name) => name in DEEDS || !name.includes(" "))];

interface Pattern {
  english: RegExp;
  german: string;
  takes: (name: string) => boolean;
}

function patterns(sentences: Record<string, string>, takes: Pattern["takes"]): Pattern[] {
  const looksLike = (english: string): RegExp => new RegExp(`^${english.split("{}").map((part) => part.replace(/[.*+?^$()|[\]\\]/g, "\\$&")).join("(.+)")}$`);
  return Object.entries(sentences)
    .filter(([english]) => english.includes("{}"))
    .map(([english, german]) => ({ english: looksLike(english), german, takes }));
}

/** A sentence of the core, in German where it is known. */
export function deSaid(sentence: string): string {
  const whole = WHOLE[sentence];
  if (whole !== undefined) return whole;
  for (const { english, german, takes } of PATTERNS) {
    const names = english.exec(sentence)?.slice(1);
    if (names?.every(takes)) return names.reduce((said, name) => said.replace("{}", WHOLE[name] ?? name), german);
  }
  // "`rm -r old`: deletes files", "the command is dangerous: deletes files".
  const colon = sentence.lastIndexOf(": ");
  if (colon !== -1) return `${deSaid(sentence.slice(0, colon))}: ${deSaid(sentence.slice(colon + 2))}`;
  // "overwrites a disk (/dev/sda)".
  const [, deed, on] = /^(.+?) (\(.+\))$/.exec(sentence) ?? [];
  return deed !== undefined && on !== undefined && deed in DEEDS ? `${DEEDS[deed]} ${on}` : sentence;
}
