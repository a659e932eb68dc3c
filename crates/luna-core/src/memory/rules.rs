//! Learning without a model: the rules of rules.json, each a pattern for a plain statement and the fact it makes.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::Deserialize;

use super::said::{pattern, statements, third_person, tidy, told};

/// A fact that may be remembered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Candidate {
    /// The fact in a sentence.
    pub(crate) content: String,
    /// How sure.
    pub(crate) confidence: f64,
    /// How much it matters.
    pub(crate) importance: f64,
    /// Whether the user asked for it to be remembered.
    pub(crate) asked: bool,
}

#[derive(Deserialize)]
struct Rule {
    #[cfg_attr(not(test), expect(dead_code, reason = "names a rule in the table and in test failures"))]
    name: String,
    pattern: String,
    /// What the capture `a` must not be.
    not: Option<String>,
    /// The fact: `{b}` as said, `{told a}` told of the user, `{verb v}` in the third person,
    /// `{lower b}` without its first capital.
    fact: String,
    confidence: f64,
    importance: f64,
    #[serde(default)]
    asked: bool,
}

struct Compiled {
    rule: Rule,
    pattern: Regex,
    not: Option<Regex>,
}

static RULES: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compile = |rule: Rule| {
        // The words around a value may be in any case; where a value must be a name, its pattern says so itself.
        let pattern = pattern(&format!("(?i){}", rule.pattern));
        let not = rule.not.as_deref().map(self::pattern);
        Compiled { rule, pattern, not }
    };
    table().into_iter().map(compile).collect()
});

fn table() -> Vec<Rule> {
    #[allow(clippy::expect_used, reason = "a file of ours inside the program, read by every test run")]
    serde_json::from_str(include_str!("rules.json")).expect("rules.json is valid")
}

/// What a message states about its user, by the rules.
pub(crate) fn learn(message: &str) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = vec![];
    for statement in statements(message) {
        for clause in clauses(&tidy(&statement)) {
            found.extend(by_rules(&clause));
        }
    }
    found.dedup_by(|a, b| a.content == b.content);
    found
}

/// What the first rule that fits makes of a clause. What the user asked to remember is put as other rules would put it,
/// but is as sure and as important as what was asked for.
fn by_rules(clause: &str) -> Option<Candidate> {
    let (rule, found) = RULES.iter().find_map(|rule| Some((rule, rule.captures(clause)?)))?;
    let content = match found.name("a").filter(|_| rule.rule.asked).and_then(|asked| by_rules(asked.as_str()))
    {
        Some(stated) => stated.content,
        None => fill(&rule.rule.fact, &found),
    };
    let Rule { confidence, importance, asked, .. } = rule.rule;
    Some(Candidate { content, confidence, importance, asked })
}

/// "I live in Rome and I work as a nurse" is two statements; "that …" after "remember" stays whole.
fn clauses(statement: &str) -> Vec<String> {
    static JOINT: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)(?:,? (?:and|but)|,) (?:also )?(i(?:'m|'ve)?|my|we) "));
    if statement.get(..8).is_some_and(|head| head.eq_ignore_ascii_case("remember")) {
        return vec![statement.to_owned()];
    }
    let mut parts = vec![];
    let mut from = 0;
    for joint in JOINT.captures_iter(statement) {
        if let (Some(all), Some(subject)) = (joint.get(0), joint.get(1)) {
            parts.push(statement[from..all.start()].to_owned());
            from = subject.start();
        }
    }
    parts.push(statement[from..].to_owned());
    parts
}

impl Compiled {
    fn captures<'c>(&self, clause: &'c str) -> Option<Captures<'c>> {
        let found = self.pattern.captures(clause)?;
        let value = found.name("a").map_or("", |m| m.as_str()).trim();
        let refused = self.not.as_ref().is_some_and(|not| not.is_match(value));
        (!refused).then_some(found)
    }
}

/// A rule's fact with its captures filled in.
fn fill(fact: &str, found: &Captures<'_>) -> String {
    static SLOT: LazyLock<Regex> = LazyLock::new(|| pattern(r"\{(?:(told|verb|lower) )?([abv])\}"));
    let filled = SLOT.replace_all(fact, |slot: &Captures<'_>| {
        let said = found.name(&slot[2]).map_or("", |m| m.as_str());
        match slot.get(1).map(|how| how.as_str()) {
            Some("told") => told(said),
            Some("lower") => in_a_sentence(said),
            Some(_) => third_person(&said.to_lowercase()),
            None => tidy(said),
        }
    });
    let words: Vec<_> = filled.split_whitespace().collect();
    tidy(&words.join(" "))
}

/// Words from the beginning of a sentence, as they stand inside one.
fn in_a_sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Case {
        said: String,
        facts: Vec<String>,
    }

    #[test]
    fn every_rule_compiles_and_has_its_own_name() {
        let mut names: Vec<_> = RULES.iter().map(|c| c.rule.name.clone()).collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    /// Every labelled sentence makes exactly the facts it should, and the others none.
    #[test]
    fn the_labelled_sentences() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("learning_cases.json")).unwrap();
        assert!(cases.len() >= 150, "{}", cases.len());
        let wrong: Vec<_> = cases
            .iter()
            .filter_map(|case| {
                let learnt: Vec<_> = learn(&case.said).into_iter().map(|c| c.content).collect();
                (learnt != case.facts)
                    .then(|| format!("{:?}\n   made   {learnt:?}\n   wanted {:?}", case.said, case.facts))
            })
            .collect();
        assert!(wrong.is_empty(), "{} of {} are wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    }
}
