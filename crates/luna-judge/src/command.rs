//! Judges one simple command: finds its program in the table and reads its words as that program would.

use luna_model::Risk;

use crate::findings::{Deed, Part};
use crate::flow::Flow;
use crate::places;
use crate::reader::Reader;
use crate::scope::Value;
use crate::table::{self, Entry, Kind};
use crate::word::{Word, unescape};

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
            let names: Vec<&str> = table::fitting(base).filter(|_| telling).collect();
            for name in names {
                if let Some(entry) = table::entry(name) {
                    self.judge_known(&Call { name, words: arguments, entry, shown: &shown, remote }, words);
                }
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
        let Some(kind) = kind else {
            self.found.lasting |= found.lines.iter().any(|(l, _)| l.risk > Risk::Safe);
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
            Kind::Mode => self.modes(call),
            Kind::Dd => self.dd(call),
            Kind::Device => self.device(call),
            Kind::Echo => Flow::Text(echoed(call.words)).opaque_if(call.words),
            Kind::Printf => self.printf(call),
            Kind::Cat => self.cat(call),
            Kind::Base64 => self.base64(call),
            Kind::Cd => self.changes_folder(call),
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

    fn deletes(&mut self, call: &Call<'_>) -> Flow {
        let recursive = call.name != "rm" || call.entry.has(call.words, "-r|-R|--recursive");
        for target in self.operands(call) {
            self.change(Deed::Delete, target, call.shown, recursive);
        }
        Flow::None
    }

    fn writes(&mut self, call: &Call<'_>) -> Flow {
        let append = call.name == "tee" && call.entry.has(call.words, "-a|--append");
        for target in self.operands(call) {
            self.change(if append { Deed::Append } else { Deed::Write }, target, call.shown, false);
            for path in self.paths(&target.text) {
                self.files.insert(path, self.stdin.clone());
            }
        }
        if call.name == "tee" { self.stdin.clone() } else { Flow::None }
    }

    fn copies(&mut self, call: &Call<'_>, moves: bool) -> Flow {
        let mut targets = self.operands(call);
        let folder = call
            .entry
            .values(call.words, "-t")
            .into_iter()
            .chain(call.entry.values(call.words, "--target-directory"))
            .find_map(|(_, v)| v);
        let mut into = folder.is_some();
        if let Some(folder) = &folder {
            targets.retain(|t| *t != folder);
        }
        let last = if targets.len() > 1 && !into { targets.pop().cloned() } else { None };
        let Some(target) = folder.or(last) else { return Flow::None };
        into |= targets.len() > 1
            || target.text.ends_with('/')
            || matches!(target.text.rsplit('/').next(), Some("." | ".."));
        let place = self.place_of(&target);
        into |= matches!(place, places::Place::Home | places::Place::Root | places::Place::Tree);
        for source in &targets {
            if moves {
                self.change(Deed::MoveAway, source, call.shown, true);
                if place == places::Place::Nowhere {
                    self.found.say(Risk::Dangerous, false, call.shown, "moves a file to nowhere");
                }
            }
            let name = source.text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            let inside = Word {
                glob: target.glob || source.glob,
                ..target.with_text(&format!("{}/{name}", target.text))
            };
            let onto = if into { inside } else { target.clone() };
            if onto.text.contains(':') && call.name != "cp" && call.name != "mv" {
                continue;
            }
            self.change(Deed::Write, &onto, call.shown, false);
            let content = self.content(&source.text);
            for path in self.paths(&onto.text) {
                self.files.insert(path, content.clone());
            }
        }
        if call.entry.has(call.words, "--delete|--delete-after|--delete-before|--del|--delete-excluded") {
            self.change(Deed::Delete, &target, call.shown, true);
        }
        Flow::None
    }

    /// Programs that change files in place when a flag says so; operands are the files.
    fn edits(&mut self, call: &Call<'_>) -> Flow {
        let flags: Vec<&str> = call.entry.writes.split_whitespace().collect();
        if flags.is_empty() || flags.iter().any(|f| call.entry.has(call.words, f)) {
            for target in self.operands(call) {
                self.change(Deed::Write, target, call.shown, false);
            }
        }
        Flow::Unknown
    }

    fn modes(&mut self, call: &Call<'_>) -> Flow {
        let recursive = call.entry.has(call.words, "-R|--recursive");
        let skip = usize::from(!call.entry.has(call.words, "--reference"));
        // `chmod -w x`: a mode may look like a flag.
        let operands = self.operands(call);
        let dashed = call.words.iter().any(|w| {
            w.text.len() > 1 && w.text.starts_with('-') && w.text[1..].chars().all(|c| "rwxXst".contains(c))
        });
        for target in operands.into_iter().skip(if dashed { 0 } else { skip }) {
            self.change_mode(target, call.shown, recursive);
        }
        Flow::None
    }

    fn dd(&mut self, call: &Call<'_>) -> Flow {
        for word in call.words {
            if let Some(target) = word.text.strip_prefix("of=") {
                self.change(Deed::Write, &word.with_text(target), call.shown, false);
            }
            if let Some(source) = word
                .text
                .strip_prefix("if=")
                .filter(|s| self.place_of(&word.with_text(s)) == places::Place::Disk)
            {
                self.found.lasting = true;
                self.found.say(
                    Risk::Dangerous,
                    false,
                    &format!("dd if={source}"),
                    "reads a disk past its files",
                );
            }
        }
        self.passed_on()
    }

    /// Tools for disks: dangerous by themselves, blocked on a disk that is in the machine.
    fn device(&mut self, call: &Call<'_>) -> Flow {
        self.found.lasting = true;
        for target in self.operands(call) {
            if self.place_of(target) == places::Place::Disk {
                self.found.block(call.shown, format!("{} ({})", call.entry.does(), target.text));
            }
        }
        Flow::None
    }

    fn printf(&mut self, call: &Call<'_>) -> Flow {
        let mut words = call.words;
        let mut variable = None;
        if let [flag, name, rest @ ..] = words {
            if flag.text == "-v" {
                (variable, words) = (Some(name.text.clone()), rest);
            }
        }
        let words = if words.first().is_some_and(|w| w.text == "--") { &words[1..] } else { words };
        let flow = Flow::Text(formatted(words)).opaque_if(words);
        match variable {
            Some(name) => {
                let value = match flow {
                    Flow::Text(text) => Value::one(text),
                    _ => Value::unknown(),
                };
                self.set(&name, value);
                Flow::None
            }
            None => flow,
        }
    }

    fn cat(&mut self, call: &Call<'_>) -> Flow {
        let files: Vec<&Word> = self.operands(call);
        if call.name == "rev" && files.is_empty() {
            return self
                .stdin
                .clone()
                .map(|t| Some(t.lines().map(|l| l.chars().rev().collect::<String>() + "\n").collect()));
        }
        if call.name == "tr" {
            let sets: Vec<String> = files.iter().map(|w| w.text.clone()).collect();
            return self.stdin.clone().map(|t| translated(t, &sets, call.words));
        }
        if files.is_empty() {
            return self.stdin.clone();
        }
        files.iter().fold(Flow::None, |flow, file| {
            let content = if file.text == "-" { self.stdin.clone() } else { self.content(&file.text) };
            flow.then(content)
        })
    }

    fn base64(&mut self, call: &Call<'_>) -> Flow {
        use base64::Engine;
        self.written_files(call);
        let decodes = call.entry.has(call.words, "-d|-D|--decode")
            || call.name == "xxd" && call.entry.has(call.words, "-r");
        let input = match self.operands(call).first() {
            Some(file) => self.content(&file.text),
            None => self.stdin.clone(),
        };
        if !decodes {
            return input.map(|t| {
                (call.name == "base64").then(|| base64::engine::general_purpose::STANDARD.encode(t) + "\n")
            });
        }
        let name = call.name;
        input.map(|text| {
            let packed: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let bytes = match name {
                "base64" => base64::engine::general_purpose::STANDARD_NO_PAD
                    .decode(packed.trim_end_matches('='))
                    .ok()?,
                "xxd" => (0..packed.len() / 2)
                    .map(|i| packed.get(2 * i..2 * i + 2).and_then(|h| u8::from_str_radix(h, 16).ok()))
                    .collect::<Option<_>>()?,
                _ => return None,
            };
            String::from_utf8(bytes).ok()
        })
    }

    fn changes_folder(&mut self, call: &Call<'_>) -> Flow {
        match self.operands(call).first() {
            None if call.words.iter().any(|w| w.text == "-") => self.go(None),
            None => self.go(Some(vec![self.home.to_owned()])),
            Some(target) if target.opaque || target.text == "-" => self.go(None),
            Some(target) => {
                let paths = self.paths(&target.text);
                let paths = if target.glob {
                    paths.iter().map(|p| p.split("/*").next().unwrap_or(p).to_owned()).collect()
                } else {
                    paths
                };
                self.go((!paths.iter().any(|p| !p.starts_with('/'))).then_some(paths));
            }
        }
        Flow::None
    }

    /// `set -- a b`, `shift`, `unset`, `declare` in words.
    fn sets(&mut self, call: &Call<'_>) -> Flow {
        if call.name == "set" {
            if let Some(at) = call.words.iter().position(|w| w.text == "--") {
                self.bind(&call.words[at + 1..]);
            }
        }
        for word in call.words {
            if let Some((name, value)) = word.text.split_once('=') {
                self.variable_set(name, value, &word.text);
                let value = Value { opaque: word.opaque, remote: word.remote, ..Value::one(value) };
                self.set(name, value);
            }
        }
        Flow::None
    }

    /// `read x y`: from known input, each line's words are possible values.
    fn reads(&mut self, call: &Call<'_>) -> Flow {
        let names: Vec<String> = self.operands(call).iter().map(|w| w.text.clone()).collect();
        for (i, name) in names.iter().enumerate() {
            let last = i + 1 == names.len();
            let value = match &self.stdin {
                Flow::Text(text) => Value::any_of(text.lines().take(64).map(|line| {
                    let mut fields = line.split_whitespace().skip(i);
                    if last {
                        fields.collect::<Vec<_>>().join(" ")
                    } else {
                        fields.next().unwrap_or_default().to_owned()
                    }
                })),
                Flow::Remote => Value { remote: true, ..Value::unknown() },
                _ => Value::unknown(),
            };
            self.set(name, value);
        }
        Flow::None
    }

    fn aliases(&mut self, call: &Call<'_>) -> Flow {
        for word in call.words {
            if let Some((name, value)) = word.text.split_once('=') {
                self.perhaps(|r| r.inner_script(value));
                self.scope.aliases.insert(name.to_owned(), value.to_owned());
            }
        }
        Flow::None
    }

    /// A variable is set that changes what other programs run.
    pub(crate) fn variable_set(&mut self, name: &str, value: &str, words: &str) {
        const LOADS: [&str; 14] = [
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "LD_AUDIT",
            "DYLD_INSERT_LIBRARIES",
            "BASH_ENV",
            "ENV",
            "PYTHONSTARTUP",
            "PERL5OPT",
            "RUBYOPT",
            "NODE_OPTIONS",
            "PYTHONPATH",
            "PERL5LIB",
            "GCONV_PATH",
            "SHELLOPTS",
        ];
        const RUNS: [&str; 16] = [
            "PAGER",
            "GIT_PAGER",
            "MANPAGER",
            "EDITOR",
            "VISUAL",
            "GIT_EDITOR",
            "GIT_SSH_COMMAND",
            "GIT_EXTERNAL_DIFF",
            "PROMPT_COMMAND",
            "LESSOPEN",
            "BROWSER",
            "GIT_ASKPASS",
            "SUDO_ASKPASS",
            "GIT_SEQUENCE_EDITOR",
            "GIT_PROXY_COMMAND",
            "RUSTC_WRAPPER",
        ];
        if RUNS.contains(&name) {
            self.found.lasting = true;
            self.found.say(Risk::Moderate, false, words, format!("{name} decides what other programs run"));
            self.perhaps(|r| r.inner_script(value));
        } else if LOADS.contains(&name) || name.starts_with("BASH_FUNC_") {
            self.found.lasting = true;
            self.found.say(Risk::Dangerous, false, words, format!("{name} loads code into other programs"));
        } else if name == "PATH" && value.split(':').any(|p| !p.starts_with(['/', '$', '~'])) {
            self.found.lasting = true;
            self.found.say(Risk::Dangerous, false, words, "lets programs be found in the current folder");
        }
    }
}

impl Flow {
    fn opaque_if(self, words: &[Word]) -> Flow {
        if words.iter().any(|w| w.remote) {
            Flow::Remote
        } else if words.iter().any(|w| w.opaque) {
            Flow::Unknown
        } else {
            self
        }
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

fn echoed(words: &[Word]) -> String {
    let flags = words
        .iter()
        .take_while(|w| {
            w.text.len() > 1 && w.text.starts_with('-') && w.text[1..].chars().all(|c| "neE".contains(c))
        })
        .count();
    let text = join(&words[flags..]);
    let has = |c: char| words[..flags].iter().any(|w| w.text.contains(c));
    let text = if has('e') { unescape(&text) } else { text };
    if has('n') { text } else { text + "\n" }
}

/// What `printf` prints: `%s` and friends take the next word, the format repeats while there are words.
fn formatted(words: &[Word]) -> String {
    let Some((format, arguments)) = words.split_first() else { return String::new() };
    let format = unescape(&format.text);
    let (mut out, mut rest) = (String::new(), arguments.iter());
    loop {
        let before = rest.len();
        let mut chars = format.chars();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            let verb = chars.by_ref().find(|c| !c.is_ascii_digit() && !"-+ #.*'".contains(*c));
            match verb {
                Some('%') | None => out.push('%'),
                Some('b') => out.push_str(&rest.next().map(|w| unescape(&w.text)).unwrap_or_default()),
                Some(_) => out.push_str(rest.next().map_or("", |w| w.text.as_str())),
            }
        }
        if rest.len() == 0 || rest.len() == before {
            return out;
        }
    }
}

/// `tr a-z b-za`, `tr -d x`.
fn translated(text: &str, sets: &[String], flags: &[Word]) -> Option<String> {
    let spread = |set: &str| -> Option<Vec<char>> {
        let set: Vec<char> = unescape(set).chars().collect();
        if set.starts_with(&['[', ':']) {
            return None;
        }
        let mut all = Vec::new();
        let mut i = 0;
        while i < set.len() {
            match (set.get(i + 1), set.get(i + 2)) {
                (Some('-'), Some(end))
                    if all.len() < 512 && (*end as u32).saturating_sub(set[i] as u32) < 512 =>
                {
                    all.extend(set[i]..=*end);
                    i += 3;
                }
                _ => {
                    all.push(set[i]);
                    i += 1;
                }
            }
        }
        Some(all)
    };
    let from = spread(sets.first()?)?;
    if flags.iter().any(|w| w.text == "-d") {
        return Some(text.chars().filter(|c| !from.contains(c)).collect());
    }
    if flags.iter().any(|w| w.text.starts_with('-') && w.text.len() > 1) {
        return None;
    }
    let to = spread(sets.get(1)?)?;
    let last = *to.last()?;
    Some(
        text.chars()
            .map(|c| from.iter().rposition(|f| *f == c).map_or(c, |i| *to.get(i).unwrap_or(&last)))
            .collect(),
    )
}
