//! Commands inside commands: shells, wrappers, `xargs`, `find -exec`, `ssh`, `eval`. Each is unwrapped and judged.

use luna_model::Risk;

use crate::command::{Call, join};
use crate::findings::Deed;
use crate::flow::Flow;
use crate::reader::Reader;
use crate::scope::Value;
use crate::table::Kind;
use crate::word::Word;

impl Reader<'_> {
    pub(crate) fn hidden(&mut self, kind: Kind, call: &Call<'_>) -> Flow {
        match kind {
            Kind::Shell => self.shell(call),
            Kind::Eval => {
                let text = join(call.words);
                self.script_of(
                    &Word { text, opaque: false, glob: false, remote: call.words.iter().any(|w| w.remote) },
                    call.shown,
                    false,
                )
            }
            Kind::Source => self.source(call),
            Kind::Trap => {
                if let Some(action) = self.operands(call).first().filter(|w| w.text != "-") {
                    self.perhaps(|r| r.script_of(action, call.shown, false));
                }
                Flow::None
            }
            Kind::ShellWords => self.shell_words(call),
            Kind::Wrapper => self.wrapper(call),
            Kind::Xargs => self.xargs(call),
            Kind::Parallel => self.parallel(call),
            Kind::Find => self.find(call),
            Kind::Ssh => self.ssh(call),
            _ => self.hooks(call),
        }
    }

    /// A word that is run as a script.
    pub(crate) fn script_of(&mut self, script: &Word, shown: &str, own_shell: bool) -> Flow {
        if script.remote {
            self.found.block(shown, "runs what comes from the network");
        }
        if script.opaque {
            self.found.opaque = true;
            self.found.lasting = true;
            self.found.say(Risk::Dangerous, false, shown, "runs text that shows only when it runs");
        }
        if own_shell { self.inner_script(&script.text) } else { self.script(&script.text) }
    }

    /// `sh`, `bash`, `zsh` …: `-c`, a file, or whatever flows in.
    fn shell(&mut self, call: &Call<'_>) -> Flow {
        let words = call.words;
        let flags = words
            .iter()
            .take_while(|w| w.text.starts_with(['-', '+']) && w.text != "--" && w.text != "-")
            .count();
        let takes_value = |flag: &str| matches!(flag, "-o" | "+o" | "-O" | "+O" | "--rcfile" | "--init-file");
        let mut operands = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let text = words[at].text.as_str();
            if operands.is_empty() && text.len() > 1 && text.starts_with(['-', '+']) {
                at += usize::from(takes_value(text));
            } else {
                operands.push(&words[at]);
            }
            at += 1;
        }
        let is = |letter: char, long: &str| {
            words.iter().take(flags.max(1)).any(|w| {
                w.text == long
                    || w.text.starts_with('-') && !w.text.starts_with("--") && w.text.contains(letter)
            })
        };
        if call.remote
            || is('i', "--interactive")
                && matches!(self.stdin, Flow::Unknown | Flow::Remote)
                && operands.is_empty()
        {
            self.found.block(call.shown, "gives a shell to whoever is at the other end of a connection");
        }
        if is('c', "--command") {
            let Some((script, arguments)) = operands.split_first() else {
                return self.run_flow(Flow::None, call, "");
            };
            self.bind(&arguments.iter().skip(1).map(|w| (*w).clone()).collect::<Vec<_>>());
            return self.script_of(script, call.shown, true);
        }
        match operands
            .split_first()
            .filter(|(file, _)| file.text != "-" && file.text != "/dev/stdin" && !is('s', "--stdin"))
        {
            Some((file, arguments)) => {
                if matches!(self.content(&file.text), Flow::None | Flow::Unknown) {
                    self.found.program(&[&[Word::plain(call.name)], words].concat());
                }
                self.bind(&arguments.iter().map(|w| (*w).clone()).collect::<Vec<_>>());
                let content = if file.remote { Flow::Remote } else { self.content(&file.text) };
                let made = self.makes(&file.text);
                self.run_flow(content, call, if made { "" } else { "runs the script in a file" })
            }
            None => {
                if self.stdin == Flow::None {
                    self.found.program(&[&[Word::plain(call.name)], words].concat());
                }
                self.run_flow(self.stdin.clone(), call, "")
            }
        }
    }

    /// A script from a stream or file; `file`: what it means when only running tells what is in it.
    fn run_flow(&mut self, flow: Flow, call: &Call<'_>, file: &str) -> Flow {
        match flow {
            Flow::Text(text) => self.inner_script(&text),
            Flow::Remote => {
                self.found.block(call.shown, "runs what comes from the network");
                Flow::Unknown
            }
            Flow::Unknown if file.is_empty() => {
                self.found.opaque = true;
                self.found.lasting = true;
                self.found.say(Risk::Dangerous, false, call.shown, "runs whatever another program prints");
                Flow::Unknown
            }
            Flow::Unknown => {
                self.found.lasting = true;
                self.found.say(Risk::Moderate, false, call.shown, file);
                Flow::Unknown
            }
            Flow::None => {
                self.found.lasting = true;
                self.found.say(Risk::Moderate, false, call.shown, "starts a shell");
                Flow::None
            }
        }
    }

    fn source(&mut self, call: &Call<'_>) -> Flow {
        let Some((file, arguments)) = call.words.split_first() else { return Flow::None };
        let content = match self.content(&file.text) {
            _ if file.remote => Flow::Remote,
            Flow::Unknown if file.text.starts_with("/dev/stdin") => self.stdin.clone(),
            content => content,
        };
        if let Flow::Text(text) = content {
            if !arguments.is_empty() {
                self.bind(arguments);
            }
            return self.script(&text);
        }
        let made = self.makes(&file.text);
        self.run_flow(content, call, if made { "" } else { "runs the script in a file" })
    }

    /// The words together are a command line of their own: `watch`, `git submodule foreach`, `su -c`.
    fn shell_words(&mut self, call: &Call<'_>) -> Flow {
        let mut any = false;
        for flag in call.entry.code.split_whitespace() {
            for (_, value) in call.entry.values(call.words, flag) {
                if let Some(value) = value {
                    self.script_of(&value, call.shown, true);
                    any = true;
                }
            }
        }
        let first = call.entry.operands(call.words).get(call.entry.skip).copied();
        match first.filter(|_| !any && call.entry.code.is_empty()) {
            Some(first) => {
                let words = &call.words[first..];
                self.script_of(
                    &Word { text: join(words), remote: words.iter().any(|w| w.remote), ..Word::default() },
                    call.shown,
                    true,
                )
            }
            None => self.passed_on(),
        }
    }

    /// `sudo -u x cmd`, `env A=b cmd`, `timeout 5 cmd`: what stands behind the flags.
    fn wrapper(&mut self, call: &Call<'_>) -> Flow {
        self.hooks(call);
        let (words, mut at, mut skip) = (call.words, 0, call.entry.skip);
        while at < words.len() {
            let text = words[at].text.as_str();
            if text == "--" {
                at += 1;
                break;
            }
            if text.len() > 1 && text.starts_with('-') {
                at += usize::from(call.entry.takes_next(text));
            } else if let Some((name, value)) = text
                .split_once('=')
                .filter(|(n, _)| !n.is_empty() && n.chars().all(|c| c.is_alphanumeric() || c == '_'))
            {
                self.variable_set(name, value, text);
                self.scope.set(name, Value { opaque: words[at].opaque, ..Value::one(value) }, true);
            } else if skip > 0 {
                skip -= 1;
            } else {
                break;
            }
            at += 1;
        }
        let inner = words.get(at..).unwrap_or_default();
        if inner.is_empty() {
            self.found.program(&[&[Word::plain(call.name)], words].concat());
            return self.passed_on();
        }
        if !call.entry.rule && call.entry.names {
            // What runs elsewhere must not fit a rule about what runs here.
            self.found.program(&[&[Word::plain(call.name)], words].concat());
        }
        self.command(inner, call.remote)
    }

    /// Flags whose value is a command: `tar --to-command`, `rsync -e`, `env -S`.
    fn hooks(&mut self, call: &Call<'_>) -> Flow {
        for flag in call.entry.code.split_whitespace() {
            for (_, value) in call.entry.values(call.words, flag) {
                if let Some(value) = value {
                    let text = value.text.strip_prefix("exec=").unwrap_or(&value.text);
                    self.script_of(&value.with_text(text), call.shown, true);
                }
            }
        }
        self.written_files(call);
        self.passed_on()
    }

    fn xargs(&mut self, call: &Call<'_>) -> Flow {
        let first = call.entry.operands(call.words).first().copied().unwrap_or(call.words.len());
        let replaced = ["-I", "-i", "--replace"].into_iter().find_map(|f| {
            call.entry
                .values(&call.words[..first.min(call.words.len())], f)
                .into_iter()
                .next()
                .map(|(_, v)| v.map_or("{}".to_owned(), |v| v.text))
        });
        let inner = call.words.get(first..).unwrap_or_default();
        if inner.is_empty() {
            return self.passed_on();
        }
        let items: Vec<Word> = match &self.stdin {
            Flow::Text(text) => text
                .split(['\n', ' ', '\t', '\0'])
                .filter(|t| !t.is_empty())
                .take(256)
                .map(|t| Word::plain(t.trim_matches(['\'', '"'])))
                .collect(),
            Flow::Remote => vec![Word { remote: true, ..Word::unknown("…") }],
            _ => vec![Word::unknown("…")],
        };
        let saved = std::mem::take(&mut self.stdin);
        let mut words = inner.to_vec();
        match replaced.filter(|r| !r.is_empty()) {
            Some(token) => words = substituted(&words, &token, &items),
            None => words.extend(items),
        }
        let flow = self.command(&words, call.remote);
        self.stdin = saved;
        flow
    }

    /// `parallel rm {} ::: a b`.
    fn parallel(&mut self, call: &Call<'_>) -> Flow {
        let first = call.entry.operands(call.words).first().copied().unwrap_or(call.words.len());
        let rest = call.words.get(first..).unwrap_or_default();
        let cut = rest.iter().position(|w| w.text.starts_with(":::")).unwrap_or(rest.len());
        let (inner, items) = rest.split_at(cut);
        let items: Vec<Word> = match items.get(1..) {
            Some(items) => items.to_vec(),
            None => match &self.stdin {
                Flow::Text(text) => text.lines().take(256).map(Word::plain).collect(),
                Flow::Remote => vec![Word { remote: true, ..Word::unknown("…") }],
                _ => vec![Word::unknown("…")],
            },
        };
        let remote = items.iter().any(|w| w.remote);
        if inner.is_empty() {
            return items
                .iter()
                .fold(Flow::None, |flow, item| flow.then(self.script_of(item, call.shown, true)));
        }
        let mut words = inner.to_vec();
        let braces = words.iter().any(|w| w.text.contains("{}"));
        if braces {
            words = substituted(&words, "{}", &items)
        } else {
            words.extend(items)
        }
        let unknown = words.iter().any(|w| w.opaque);
        self.found.opaque |= unknown;
        self.script_of(
            &Word { text: join(&words).replace('…', "\"$ITEM\""), remote, ..Word::default() },
            call.shown,
            true,
        )
    }

    fn find(&mut self, call: &Call<'_>) -> Flow {
        let words = call.words;
        let begin = words
            .iter()
            .position(|w| {
                w.text.starts_with(['-', '(', '!', ')']) && !matches!(w.text.as_str(), "-H" | "-L" | "-P")
            })
            .unwrap_or(words.len());
        let mut roots: Vec<Word> =
            words[..begin].iter().filter(|w| !w.text.starts_with('-')).cloned().collect();
        if roots.is_empty() {
            roots.push(Word::plain("."));
        }
        let tests = &words[begin..];
        let all = takes_all(tests);
        let found: Vec<Word> = match all {
            true => roots.clone(),
            false => roots
                .iter()
                .map(|r| Word {
                    opaque: true, ..r.with_text(&format!("{}/…", r.text.trim_end_matches('/')))
                })
                .collect(),
        };
        self.found.program(&[&[Word::plain("find")], words].concat());
        let mut at = 0;
        while at < tests.len() {
            match tests[at].text.as_str() {
                "-delete" => {
                    for target in &found {
                        self.change(Deed::Delete, target, call.shown, all);
                    }
                }
                "-exec" | "-execdir" | "-ok" | "-okdir" => {
                    let end = (at + 1..tests.len())
                        .find(|i| matches!(tests[*i].text.as_str(), ";" | "+"))
                        .unwrap_or(tests.len());
                    let inner = substituted(&tests[at + 1..end], "{}", &found);
                    self.command(&inner, call.remote);
                    at = end;
                }
                "-fprint" | "-fprint0" | "-fls" | "-fprintf" => {
                    if let Some(target) = tests.get(at + 1) {
                        self.change(Deed::Write, target, call.shown, false);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        match tests.is_empty() && roots.iter().all(|r| !r.opaque) {
            true => Flow::Text(roots.iter().map(|r| r.text.clone() + "\n").collect()),
            false => Flow::Unknown,
        }
    }

    pub(crate) fn git(&mut self, call: &Call<'_>) -> Flow {
        const RUNS: [&str; 11] = [
            "alias.",
            "core.pager",
            "core.sshcommand",
            "core.editor",
            "core.fsmonitor",
            "pager.",
            "diff.external",
            "credential.helper",
            "core.hookspath",
            "filter.",
            "sequence.editor",
        ];
        let mut settings: Vec<(String, Word)> = call
            .entry
            .values(call.words, "-c")
            .into_iter()
            .filter_map(|(_, v)| v)
            .filter_map(|v| {
                let (name, value) = v.text.split_once('=')?;
                Some((name.to_lowercase(), v.with_text(value)))
            })
            .collect();
        if call.words.first().is_some_and(|w| w.text == "config") {
            let operands = self.operands(call);
            if let [.., name, value] = operands.as_slice() {
                settings.push((name.text.to_lowercase(), (*value).clone()));
            }
        }
        for (name, value) in settings {
            if RUNS.iter().any(|r| name.starts_with(r))
                || name.ends_with(".textconv")
                || name.ends_with("command")
            {
                self.found.lasting = true;
                let shell = value.text.strip_prefix('!');
                if shell.is_some() || !name.starts_with("alias.") {
                    self.found.say(
                        Risk::Dangerous,
                        false,
                        &format!("{name}={}", value.text),
                        "makes git run another program",
                    );
                    self.script_of(&value.with_text(shell.unwrap_or(&value.text)), call.shown, true);
                } else {
                    let again = format!("git {}", value.text);
                    self.script_of(&value.with_text(&again), call.shown, true);
                }
            }
        }
        self.hooks(call);
        self.passed_on()
    }
}

/// Each word that holds the token, once for each item.
fn substituted(words: &[Word], token: &str, items: &[Word]) -> Vec<Word> {
    let mut out = Vec::new();
    for word in words {
        if !word.text.contains(token) {
            out.push(word.clone());
            continue;
        }
        for item in items {
            out.push(Word {
                text: word.text.replace(token, &item.text),
                glob: word.glob || item.glob,
                opaque: word.opaque || item.opaque,
                remote: word.remote || item.remote,
            });
        }
    }
    out
}

/// Whether `find`'s tests leave everything in: none, or only such as hold for any file.
fn takes_all(tests: &[Word]) -> bool {
    let mut at = 0;
    while at < tests.len() {
        let value = tests.get(at + 1).map_or("", |w| w.text.as_str());
        match tests[at].text.as_str() {
            "-delete" | "-depth" | "-xdev" | "-mount" | "-print" | "-print0" | "-ls" | "-o" | "-or"
            | "-a" | "(" | ")" | "-d" | "-true" | "-follow" | "-noleaf" => {}
            "-type" | "-maxdepth" | "-mindepth" | "-xtype" | "-fprint" | "-fls" | "-printf"
            | "-regextype" => at += 1,
            "-name" | "-iname" | "-path" | "-wholename" if matches!(value, "*" | ".*" | "*.*" | "/*") => {
                at += 1
            }
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                at = (at + 1..tests.len())
                    .find(|i| matches!(tests[*i].text.as_str(), ";" | "+"))
                    .unwrap_or(tests.len());
            }
            _ => return false,
        }
        at += 1;
    }
    true
}
