//! "Always allow" rules: which words such a rule may store, and which commands fit it.

use luna_model::{Risk, Verdict};

use crate::table;
use crate::word::Word;

/// The narrowest rule that lets this command through again: the program and its subcommand. None where no rule is safe to
/// keep: blocked, dangerous or unresolved commands, interpreters, shells, wrappers, redirects, and several different programs.
pub(crate) fn narrowest(verdict: &Verdict) -> Option<Vec<String>> {
    if verdict.blocked || verdict.opaque || verdict.risk == Risk::Dangerous {
        return None;
    }
    let mut programs = verdict.programs.iter();
    let words = path_of(programs.next()?)?;
    (programs.all(|p| path_of(p).as_ref() == Some(&words)) && fits(&words, verdict)).then_some(words)
}

/// The program and subcommand of one simple command.
fn path_of(words: &[String]) -> Option<Vec<String>> {
    let (name, rest) = words.split_first()?;
    let entry = table::entry(name).filter(|e| e.rule)?;
    let rest: Vec<Word> = rest.iter().map(Word::plain).collect();
    let found = entry.judge(&rest);
    if found.entry.is_some_and(|e| !e.rule) {
        return None;
    }
    let mut path = vec![name.clone()];
    // Flags before the subcommand may change what it means: then the path is not its first words, and no rule is offered.
    path.extend(rest.iter().take(found.depth).map(|w| w.text.clone()));
    if found.entry.is_some_and(|e| e.names) {
        path.push(rest.get(found.depth).filter(|w| !w.text.starts_with('-'))?.text.clone());
    }
    (found.after == found.depth).then_some(path)
}

/// See [`crate::rule_fits`].
pub(crate) fn fits(words: &[String], verdict: &Verdict) -> bool {
    let Some((name, rest)) = words.split_first() else { return false };
    let rest: Vec<Word> = rest.iter().map(Word::plain).collect();
    // A rule made for what only reads (`sed`) is none for a flag that writes (`sed -i`).
    let usual = table::entry(name).map_or(Risk::Moderate, |entry| entry.judge(&rest).usual());
    let allowed =
        !verdict.blocked && !verdict.opaque && verdict.risk < Risk::Dangerous && verdict.risk <= usual;
    allowed
        && !verdict.programs.is_empty()
        && verdict.programs.iter().all(|program| program.starts_with(words))
}

/// See [`crate::rule_touches`].
pub(crate) fn touches(words: &[String], verdict: &Verdict) -> bool {
    let bare = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    !words.is_empty()
        && verdict.programs.iter().any(|program| {
            let Some((name, rest)) = program.split_first() else { return false };
            // Flags between program and subcommand hide nothing.
            let mut rest = rest.iter();
            bare(name) == bare(&words[0]) && words[1..].iter().all(|wanted| rest.any(|w| w == wanted))
        })
}
