//! Judges shell commands: reads one as bash does, finds every simple command wherever it hides, and says how risky the
//! worst part is and why. Pure: no I/O, no clock, no environment; the home folder is told. Must not know who asks, nor
//! what is done with the verdict.

mod assignments;
mod builtins;
mod code;
mod command;
mod deeds;
mod expand;
mod findings;
mod flow;
mod functions;
mod hidden;
mod network;
mod places;
mod reader;
mod redirects;
mod rough;
mod rules;
mod scope;
mod statements;
mod table;
mod word;

use std::path::PathBuf;

use luna_model::{CommandContext, Risk, Verdict};

use crate::findings::Findings;
use crate::reader::Reader;

/// Longest command that is judged (bytes); a longer one is refused.
pub const LONGEST: usize = 64 * 1024;

/// Judges commands for one user.
#[derive(Clone, Debug)]
pub struct Judge {
    home: String,
}

impl Judge {
    /// A judge for the user whose home folder this is (absolute).
    pub fn new(home: impl Into<PathBuf>) -> Self {
        Self { home: places::normal("", &home.into().to_string_lossy()) }
    }

    /// Judges a command. Never runs anything, never fails: what cannot be understood is dangerous, what is too large to be
    /// read is blocked.
    pub fn judge(&self, command: &str, context: &CommandContext) -> Verdict {
        self.read(command, context).verdict()
    }

    /// The files under the home folder that the command would delete, overwrite, move over or edit in place, as far as its
    /// words tell. Absolute; a folder stands for all that is in it, and so does the folder of a pattern (`~/a/*.txt` →
    /// `~/a`). Where it depends on the disk which of two paths is meant (`mv a b`: `b` or `b/a`), the one by the words is named.
    pub fn files_at_stake(&self, command: &str, context: &CommandContext) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for change in self.read(command, context).changes {
            let inside = change.kept().strip_prefix(&self.home).is_some_and(|rest| rest.starts_with('/'));
            let path = PathBuf::from(change.kept());
            if inside && !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths
    }

    /// What a command does, in words, a line a part.
    pub fn explain(&self, command: &str) -> String {
        let found = self.read(command, &CommandContext::default());
        let mut lines: Vec<String> = Vec::new();
        for part in &found.parts {
            let line = format!("`{}`: {}", findings::shorten(&part.words), part.does);
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        let verdict = found.verdict();
        for reason in verdict.reasons {
            if !lines.iter().any(|line| line.contains(&reason.why)) {
                lines.push(format!("`{}`: {}", reason.words, reason.why));
            }
        }
        if lines.is_empty() {
            lines.push("It runs no program.".to_owned());
        }
        let last = match (verdict.blocked, verdict.risk) {
            (true, _) => "Never run.",
            (_, Risk::Dangerous) => "Dangerous.",
            (_, Risk::Moderate) => "Moderate risk.",
            (_, Risk::Safe) => "Safe: it only reads.",
        };
        lines.push(last.to_owned());
        lines.join("\n")
    }

    /// The words that an "always allow" rule for this command may store: the program and its subcommand. None for
    /// interpreters, shells, wrappers, redirects, and whatever is unresolved, dangerous or blocked.
    pub fn narrowest_rule(&self, command: &str, context: &CommandContext) -> Option<Vec<String>> {
        rules::narrowest(&self.judge(command, context))
    }

    fn read(&self, command: &str, context: &CommandContext) -> Findings {
        if command.len() > LONGEST {
            let mut found = Findings::default();
            found.block(command, format!("is too long to be judged (more than {} KiB)", LONGEST / 1024));
            return found;
        }
        let mut found = self.read_once(command, context);
        if let Some(hidden) = command.chars().find(|c| misleads(*c)) {
            let why =
                format!("holds a character that is not seen as it is read (U+{:04X})", u32::from(hidden));
            found.say(Risk::Dangerous, false, command, why);
            found.lasting = true;
        }
        found
    }

    fn read_once(&self, command: &str, context: &CommandContext) -> Findings {
        let folder =
            context.cwd.as_ref().map_or_else(|| self.home.clone(), |p| p.to_string_lossy().into_owned());
        let folder = match folder.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            Some(rest) => format!("{}{rest}", self.home),
            None => places::normal(&self.home, &folder),
        };
        let variables = context.env.iter().map(|(k, v)| (k.clone(), v.clone()));
        let mut reader = Reader::new(&self.home, places::normal("/", &folder), variables);
        for (name, value) in &context.env {
            reader.variable_set(name, value, name);
        }
        reader.script(command);
        let multiplies = reader.multiplies().map(str::to_owned);
        let mut found = reader.found;
        if let Some(name) = multiplies {
            found.block(command, format!("multiplies without end: {name} starts itself again and again"));
        }
        found
    }
}

/// Whether a command with this verdict fits a rule that allows: every program in it begins with the rule's words, nothing
/// in it is unresolved, dangerous or written to a file by a redirect.
pub fn rule_fits(words: &[String], verdict: &Verdict) -> bool {
    rules::fits(words, verdict)
}

/// Whether a rule that asks or blocks touches a command: some program in it is the rule's, with the rule's further words
/// after it in this order, flags between them or not.
pub fn rule_touches(words: &[String], verdict: &Verdict) -> bool {
    rules::touches(words, verdict)
}

/// Characters that are not seen as bash reads them: controls, invisible and direction-changing ones, blanks that are none.
fn misleads(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3000}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' | '\u{2000}'..='\u{200a}' | '\u{115f}' | '\u{1160}' | '\u{3164}')
}
