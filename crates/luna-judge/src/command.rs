//! Judges one simple command: finds its program in the table and reads its words as that program would.

use std::collections::BTreeMap;

use luna_model::Risk;

use crate::builtins::echoed;
use crate::findings::{Deed, Part};
use crate::flow::Flow;
use crate::places;
use crate::reader::Reader;
use crate::table::{self, Entry, Kind};
use crate::word::Word;

/// Where programs of the system live: their place says nothing more than their name.
const PROGRAM_FOLDERS: [&str; 9] = [
    "/bin",
    "/sbin",
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/opt/homebrew/bin",
    "/snap/bin",
    "/run/current-system/sw/bin",
];

/// A program with its words while it is judged.
pub(crate) struct Call<'c> {
    pub(crate) name: &'c str,
    pub(crate) words: &'c [Word],
    pub(crate) entry: &'static Entry,
    /// The whole, to be shown.
    pub(crate) shown: &'c str,
    /// Its input or output is a network connection.
    pub(crate) remote: bool,
}

pub(crate) fn join(words: &[Word]) -> String {
    words.iter().map(|w| w.text.as_str()).collect::<Vec<_>>().join(" ")
}

impl Reader<'_> {
    /// Judges a simple command and returns what it prints.
    pub(crate) fn command(&mut self, words: &[Word], remote: bool) -> Flow {
        let Some((program, arguments)) = words.split_first() else { return Flow::None };
        let shown = join(words);
        if program.opaque || program.remote {
            return self.unresolved(words, &shown);
        }
        if let Some(body) = self.scope.functions.get(&program.text).cloned() {
            self.found.program(words);
            return self.call(&program.text, &body, arguments);
        }
        let path = program.text.as_str();
        let base = path.rsplit('/').next().unwrap_or(path);
        let named = path.contains('/');
        let of_system = named
            && self.paths(path).iter().any(|p| {
                p.rsplit_once('/').is_some_and(|(folder, _)| is_program_folder(folder, program.glob))
            });
        if named && !of_system {
            if let Some(flow) = self.own_file(path, arguments, &shown) {
                return flow;
            }
            self.found.lasting = true;
            self.found.say(Risk::Moderate, false, path, "runs a program by its path");
        }
        if program.glob {
            self.found.say(Risk::Dangerous, false, path, "names its program by a pattern");
            self.found.opaque = true;
            let telling = of_system || base.contains(|c: char| c.is_ascii_alphabetic());
            // Programs that share their line in the table are judged once.
            let mut lines = BTreeMap::new();
            for name in table::fitting(base).filter(|_| telling) {
                let Some(entry) = table::entry(name) else { continue };
                let chosen = lines.entry(entry.does()).or_insert((name, entry));
                *chosen = if name < chosen.0 { (name, entry) } else { *chosen };
            }
            for (name, entry) in lines.into_values() {
                self.judge_known(&Call { name, words: arguments, entry, shown: &shown, remote }, words);
            }
            return self.passed_on();
        }
        if !path.is_ascii() || path.chars().any(|c| c.is_ascii_whitespace()) {
            self.found.say(Risk::Dangerous, false, path, "names a program with unusual characters");
        }
        let mut recorded = words.to_vec();
        if let Some(first) = recorded.first_mut().filter(|_| of_system || !named) {
            base.clone_into(&mut first.text);
        }
        match table::entry(base) {
            Some(entry) => self
                .judge_known(&Call { name: base, words: arguments, entry, shown: &shown, remote }, &recorded),
            None => {
                self.found.program(&recorded);
                self.found.parts.push(Part {
                    words: shown.clone(),
                    does: "runs a program that is not known here".to_owned(),
                });
                if !asks_itself(arguments) || named {
                    self.found.lasting = true;
                    self.found.say(Risk::Moderate, false, base, "is a program that is not known here");
                }
                self.passed_on()
            }
        }
    }

    /// What comes out of a program of which nothing more is known.
    pub(crate) fn passed_on(&self) -> Flow {
        if self.stdin == Flow::Remote { Flow::Remote } else { Flow::Unknown }
    }

    /// The program itself comes from a variable or a substitution that could not be resolved.
    fn unresolved(&mut self, words: &[Word], shown: &str) -> Flow {
        self.found.program(words);
        self.found.lasting = true;
        if words[0].remote {
            self.found.block(shown, "runs what comes from the network");
        }
        self.found.say(Risk::Dangerous, false, shown, "which program this runs shows only when it runs");
        let guess = Word::plain(words[0].text.clone());
        if !guess.text.starts_with(['$', '`', '…']) {
            let again: Vec<Word> = std::iter::once(guess).chain(words[1..].iter().cloned()).collect();
            return self.command(&again, false);
        }
        // It might delete: with a target that is never to be deleted, that is enough to refuse.
        if words[1..].iter().any(|w| w.text.starts_with('-')) {
            let worst =
                words[1..].iter().filter(|w| !w.text.starts_with('-')).map(|w| self.place_of(w)).max();
            if worst.is_some_and(|p| matches!(p, places::Place::Root | places::Place::Disk)) {
                self.found.block(shown, "an unknown program is given the root folder or a disk");
            }
        }
        Flow::Unknown
    }

    /// A file that the command itself wrote or fetched, and now runs.
    fn own_file(&mut self, path: &str, arguments: &[Word], shown: &str) -> Option<Flow> {
        let flow = self.content(path);
        match flow {
            Flow::Remote => {
                self.found.block(shown, "runs a program it has just fetched from the network");
                Some(Flow::Unknown)
            }
            Flow::Text(text) => {
                self.bind(arguments);
                Some(self.inner_script(&text))
            }
            Flow::Unknown if self.makes(path) => {
                self.found.opaque = true;
                self.found.lasting = true;
                self.found.say(Risk::Dangerous, false, shown, "runs whatever another program prints");
                Some(Flow::Unknown)
            }
            _ => None,
        }
    }

    fn judge_known(&mut self, call: &Call<'_>, words: &[Word]) -> Flow {
        let found = call.entry.judge(call.words);
        let only_asks = asks_itself(&call.words[found.after.min(call.words.len())..])
            && call.entry.kind != Some(Kind::Wrapper);
        let kind = found.entry.and_then(|e| e.kind).or(call.entry.kind).filter(|_| !only_asks);
        let kind = kind.filter(|k| !(found.lowered && matches!(k, Kind::Wrapper | Kind::Device)));
        let wraps =
            matches!(kind, Some(Kind::Wrapper | Kind::Xargs | Kind::Parallel | Kind::Find | Kind::Shell));
        if !wraps {
            self.found.program(words);
        }
        let does = found.lines.iter().map(|(line, _)| line.does.as_str()).collect::<Vec<_>>().join("; ");
        self.found.parts.push(Part { words: call.shown.to_owned(), does });
        if only_asks {
            return Flow::Unknown;
        }
        for (line, decided) in &found.lines {
            let words = format!("{} {decided}", call.name);
            self.found.say(line.risk, line.blocks, &words, line.does.clone());
        }
        // Of the files that these change, each is noted by itself.
        let files = matches!(
            kind,
            Some(Kind::Delete | Kind::Write | Kind::Copy | Kind::Move | Kind::Edit | Kind::Make | Kind::Dd)
        );
        self.found.lasting |= !files && found.lines.iter().any(|(l, _)| l.risk > Risk::Safe);
        let Some(kind) = kind else {
            self.written_files(call);
            return self.passed_on();
        };
        if call.entry.kind == Some(Kind::Git) && kind != Kind::Git {
            self.git(call);
        }
        match found.entry.filter(|e| found.depth > 0 && e.kind.is_some()) {
            Some(entry) => {
                let words = call.words.get(found.after..).unwrap_or_default();
                self.by_kind(kind, &Call { words, entry, ..*call })
            }
            None => self.by_kind(kind, call),
        }
    }

    fn by_kind(&mut self, kind: Kind, call: &Call<'_>) -> Flow {
        match kind {
            Kind::Delete => self.deletes(call),
            Kind::Write => self.writes(call),
            Kind::Copy | Kind::Move => self.copies(call, kind == Kind::Move),
            Kind::Edit => self.edits(call),
            Kind::Make => self.makes_folders(call),
            Kind::Mode => self.modes(call),
            Kind::Dd => self.dd(call),
            Kind::Device => self.device(call),
            Kind::Echo => Flow::Text(echoed(call.words)).opaque_if(call.words),
            Kind::Printf => self.printf(call),
            Kind::Cat => self.cat(call),
            Kind::Base64 => self.base64(call),
            Kind::Cd => self.changes_folder(call),
            Kind::Silent => Flow::None,
            Kind::Set => self.sets(call),
            Kind::Read => self.reads(call),
            Kind::Alias => self.aliases(call),
            Kind::Trap
            | Kind::Eval
            | Kind::Source
            | Kind::Shell
            | Kind::ShellWords
            | Kind::Wrapper
            | Kind::Xargs
            | Kind::Parallel
            | Kind::Find
            | Kind::Ssh
            | Kind::Hook => self.hidden(kind, call),
            Kind::Interpreter | Kind::Awk | Kind::Sed | Kind::Sql => self.coded(kind, call),
            Kind::Git => self.git(call),
            Kind::Download => self.downloads(call),
            Kind::Netcat => self.netcat(call),
        }
    }

    /// The operands of a call as words.
    pub(crate) fn operands<'c>(&self, call: &Call<'c>) -> Vec<&'c Word> {
        call.entry.operands(call.words).into_iter().filter_map(|at| call.words.get(at)).collect()
    }

    /// Files named by flags that write (`-o out`).
    pub(crate) fn written_files(&mut self, call: &Call<'_>) -> bool {
        let mut any = false;
        for flag in call.entry.writes.split_whitespace() {
            for (_, value) in call.entry.values(call.words, flag) {
                if let Some(value) = value.filter(|v| v.text != "-" && !v.text.is_empty()) {
                    self.change(Deed::Write, &value, call.shown, false);
                    let flow = self.passed_on();
                    for path in self.paths(&value.text) {
                        self.files.insert(path, flow.clone());
                    }
                    any = true;
                }
            }
        }
        any
    }
}

fn is_program_folder(folder: &str, glob: bool) -> bool {
    PROGRAM_FOLDERS.iter().any(|f| {
        *f == folder || glob && crate::word::fits(&folder.replace('/', "\u{1}"), &f.replace('/', "\u{1}"))
    })
}

/// `--help` or `--version` alone: the program only speaks about itself.
fn asks_itself(arguments: &[Word]) -> bool {
    matches!(arguments, [only] if matches!(only.text.as_str(), "--help" | "--version"))
}
