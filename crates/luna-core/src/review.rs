//! Reviewing code: by rules that need no model, and by a debate. A challenger attacks, a defender answers with tests, each
//! rebuts the other, a judge reads both; then fixed rules decide. What the rules of the first kind call critical stands
//! whatever anybody says.

mod debate;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use include_dir::{Dir, include_dir};
use luna_code::{Finding, Function, Language, Rule, Rules, Severity};
use luna_model::{Error, Provider, Result};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Luna;
use debate::{Defence, Judgement};

pub use debate::{Debate, Defended, Point};

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data/findings");

/// An approved piece of code has at least this score,
pub const LOWEST_SCORE: u8 = 75;
/// and at least so many tests, and no issue of the two worst kinds.
pub const FEWEST_TESTS: usize = 2;
/// Expressions that rules of several languages share.
const PATTERNS: &str = "patterns.toml";
/// Longest code that is reviewed at once, in bytes.
const LONGEST: usize = 200_000;
/// Tests that are proposed without a model.
const MOST_TESTS: usize = 12;

#[derive(Deserialize)]
struct RuleFile {
    languages: Vec<Language>,
    rule: Vec<Rule>,
}

/// The rules of a language, made ready when they are first needed: that takes a moment.
fn rules_for(language: Language) -> Arc<Rules> {
    static READY: LazyLock<Mutex<BTreeMap<Language, Arc<Rules>>>> = LazyLock::new(Mutex::default);
    let mut ready = READY.lock();
    let rules = ready.entry(language).or_insert_with(|| {
        let made = rules().and_then(|all| {
            let own = all.into_iter().filter(|rule| rule.languages.contains(&language));
            Rules::new(own.map(|rule| Rule { languages: vec![language], ..rule }).collect())
        });
        let told = made.inspect_err(|error| tracing::error!(%error, "code is reviewed without rules"));
        Arc::new(told.unwrap_or_default())
    });
    Arc::clone(rules)
}

fn rules() -> Result<Vec<Rule>> {
    let mut all = vec![];
    let patterns = FOLDER.get_file(PATTERNS).and_then(|f| f.contents_utf8()).unwrap_or_default();
    let patterns: BTreeMap<String, String> =
        toml::from_str(patterns).map_err(|e| Error::invalid(format!("{PATTERNS}: {e}")))?;
    let languages = FOLDER.files().filter(|f| !f.path().ends_with(PATTERNS));
    for file in languages.filter(|f| f.path().extension().is_some_and(|e| e == "toml")) {
        let read: RuleFile = toml::from_str(file.contents_utf8().unwrap_or_default())
            .map_err(|e| Error::invalid(format!("{}: {e}", file.path().display())))?;
        // A rule may say otherwise than its file.
        let whole = |rule: Rule| Rule { query: filled_in(&rule.query, &patterns), ..rule };
        all.extend(read.rule.into_iter().map(whole).map(|rule| match rule.languages.is_empty() {
            true => Rule { languages: read.languages.clone(), ..rule },
            false => rule,
        }));
    }
    Ok(all)
}

/// A query with the expressions that it names put into its strings.
fn filled_in(query: &str, patterns: &BTreeMap<String, String>) -> String {
    patterns.iter().fold(query.to_owned(), |query, (name, pattern)| {
        let quoted = pattern.trim_end().replace('\\', "\\\\").replace('"', "\\\"");
        query.replace(&format!("{{{{{name}}}}}"), &quoted)
    })
}

/// What rules alone see in some code.
#[derive(Clone, Debug, Default)]
pub struct ByRules {
    /// The language it is most likely in.
    pub language: Option<Language>,
    /// The faults, worst first.
    pub findings: Vec<Finding>,
    /// What it defines.
    pub functions: Vec<Function>,
}

/// Reads code by rules.
#[must_use]
pub fn by_rules(code: &str) -> ByRules {
    read_as(Language::guess(code), code)
}

/// Reads the code that stands in a message by rules.
pub(crate) fn by_rules_in(message: &str) -> ByRules {
    let (code, named) = code_in(message);
    read_as(named.or_else(|| Language::guess(code)), code)
}

fn read_as(language: Option<Language>, code: &str) -> ByRules {
    let Some(language) = language else { return ByRules::default() };
    let findings = rules_for(language).find(language, code);
    ByRules { language: Some(language), findings, functions: luna_code::functions(language, code) }
}

/// The code of a text: what is fenced, with the language it is said to be in; else what follows the first line that ends
/// in a colon; else all of it.
fn code_in(text: &str) -> (&str, Option<Language>) {
    if let Some((_, rest)) = text.split_once("```") {
        let (first, body) = rest.split_once('\n').unwrap_or(("", rest));
        let code = body.split_once("```").map_or(body, |(code, _)| code);
        let named = Language::ALL.into_iter().find(|l| l.name() == first.trim().to_lowercase());
        return (code, named.or_else(|| Language::of_path(&format!("x.{}", first.trim()))));
    }
    match text.split_once(":\n") {
        Some((asked, code)) if !asked.contains(['\n', '(', '{', '=']) => (code, None),
        _ => match text.split_once(": ") {
            Some((asked, code)) if !asked.contains(['(', '{', ';', '=']) && asked.len() < 80 => (code, None),
            _ => (text, None),
        },
    }
}

impl ByRules {
    /// 100, less for each fault by how bad it is.
    #[must_use]
    pub fn score(&self) -> u8 {
        score(self.findings.iter().map(|f| f.severity))
    }

    /// The findings as a reader of the code is told them; empty when there is none.
    pub(crate) fn told(&self) -> String {
        if self.findings.is_empty() {
            return String::new();
        }
        let lines = self.findings.iter().map(|f| {
            format!("- {} ({:?}, line {}): {} `{}`", f.rule, f.severity, f.line, f.title, f.excerpt)
        });
        format!("\n\nFindings of static rules:\n{}", lines.collect::<Vec<_>>().join("\n"))
    }

    /// The findings in the form of the agent that analyses.
    pub(crate) fn as_analysis(&self) -> Value {
        let issues = self.findings.iter().map(|f| {
            json!({
                "severity": f.severity,
                "description": format!("{}. {}", f.title.trim_end_matches('.'), f.why),
                "location": format!("line {}", f.line),
                "fix": f.fix,
            })
        });
        let language = self.language.map_or("an unknown language", Language::name);
        json!({
            "agentName": "analyze",
            "version": "1.0.0",
            "codeQuality": { "score": self.score(), "issuesFound": issues.collect::<Vec<_>>() },
            "improvements": [format!("Read as {language} by static rules alone, without a model: logic was not judged.")],
            "potentialBugs": [],
            "refactoringRecommendations": [],
        })
    }
}

fn score(severities: impl Iterator<Item = Severity>) -> u8 {
    let lost: u32 = severities
        .map(|severity| match severity {
            Severity::Critical => 40,
            Severity::High => 20,
            Severity::Medium => 8,
            Severity::Low => 3,
            Severity::Info => 0,
        })
        .sum();
    u8::try_from(100_u32.saturating_sub(lost)).unwrap_or_default()
}

/// Code that wants to be let in.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What it does, or is said to do.
    pub what: String,
    /// The code.
    pub code: String,
    /// Where it runs, what it must keep to.
    pub context: Option<String>,
    /// The name under which what is said is told as an event while they speak; none when nobody watches.
    pub id: Option<String>,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Issue {
    /// How bad.
    pub severity: Severity,
    /// What happens, on which input.
    pub description: String,
    /// Where.
    #[serde(default)]
    pub location: String,
}

/// A test that would decide something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TestCase {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// `unit`, `integration`, `e2e`, `performance` or `security`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What came of a review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Whether it may be let in.
    pub approved: bool,
    /// 0 to 100.
    pub score: u8,
    /// What is wrong.
    pub issues: Vec<Issue>,
    /// What to do, best first.
    pub recommendations: Vec<String>,
    /// Why, in a few sentences.
    pub reasoning: String,
    /// The tests that would decide.
    pub tests: Vec<TestCase>,
    /// The share of behaviours that the tests reach, 0 to 100.
    pub coverage: u8,
    /// What rules alone saw, worst first.
    pub findings: Vec<Finding>,
    /// What was said; none where no model took part.
    pub debate: Option<Debate>,
    /// The debate, a line each.
    pub log: Vec<String>,
}

impl Review {
    /// The issues that alone keep it out.
    pub fn critical(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|i| i.severity <= Severity::High)
    }

    /// The verdict in a sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        let critical = self.critical().count();
        let score = if self.score >= LOWEST_SCORE { "meets the threshold" } else { "is below the threshold" };
        let tests = if self.tests.len() >= FEWEST_TESTS { "sufficient tests" } else { "too few tests" };
        let issues = match critical {
            0 => "no critical issues detected".to_owned(),
            1 => "1 critical issue".to_owned(),
            n => format!("{n} critical issues"),
        };
        let verdict = if self.approved { "APPROVED" } else { "REJECTED" };
        format!(
            "{verdict}: code quality {score} ({}/100), {tests} ({}), {issues}.",
            self.score,
            self.tests.len()
        )
    }

    fn decided(mut self) -> Self {
        self.issues.sort_by_key(|i| i.severity);
        self.approved = self.score >= LOWEST_SCORE
            && self.tests.len() >= FEWEST_TESTS
            && self.critical().next().is_none();
        self
    }
}

impl Luna {
    /// Has code reviewed: by rules, then by two sides and a judge where there is a model.
    ///
    /// # Errors
    /// `Invalid` without a proposal or code, `LimitReached` for too much of it.
    pub async fn review(&self, proposal: Proposal) -> Result<Review> {
        if proposal.what.trim().is_empty() || proposal.code.trim().is_empty() {
            return Err(Error::invalid("a review needs a proposal and its code"));
        }
        if proposal.code.len() > LONGEST {
            return Err(Error::limit("that is more code than can be reviewed at once; give it in parts"));
        }
        let found = by_rules(&proposal.code);
        if self.llm().active().await.provider == Provider::Builtin {
            return Ok(without_a_model(&found, "there is no model"));
        }
        match self.debate(&proposal, &found).await {
            Ok(review) => Ok(review),
            Err(error) => {
                tracing::warn!(%error, "a review fell back to rules alone");
                Ok(without_a_model(&found, &error.message))
            }
        }
    }
}

/// The judge's findings, with what the rules call critical put back if it was argued away.
fn verdict(found: &ByRules, defence: Defence, judged: Judgement, log: Vec<String>) -> Review {
    let mut issues = judged.issues;
    let mut score = judged.score.min(100);
    for finding in found.findings.iter().filter(|f| f.severity == Severity::Critical) {
        let place = format!("line {}", finding.line);
        if !issues.iter().any(|i| i.severity <= Severity::High && i.location.contains(&place)) {
            issues.push(issue(finding));
        }
        score = score.min(found.score());
    }
    let kept = |t: &TestCase| judged.kept_tests.is_empty() || judged.kept_tests.contains(&t.name);
    let mut recommendations = judged.recommendations;
    recommendations.extend(defence.fixes);
    recommendations.dedup();
    Review {
        approved: false,
        score,
        issues,
        recommendations,
        reasoning: judged.reasoning,
        tests: defence.tests.into_iter().filter(kept).collect(),
        coverage: defence.coverage.min(100),
        findings: found.findings.clone(),
        debate: None,
        log,
    }
    .decided()
}

fn issue(finding: &Finding) -> Issue {
    Issue {
        severity: finding.severity,
        description: format!("{}. {}", finding.title.trim_end_matches('.'), finding.why),
        location: format!("line {}", finding.line),
    }
}

/// A review by rules: what they find decides, and tests are proposed for what the code defines.
fn without_a_model(found: &ByRules, why: &str) -> Review {
    let tests = proposed_tests(&found.functions);
    let language = found.language.map_or("no language that is known here", Language::name);
    let mut recommendations: Vec<_> = found.findings.iter().map(|f| f.fix.clone()).collect();
    recommendations.dedup();
    let log = vec![
        format!(
            "Code Analyzer: Quality score {}/100 by rules, {} findings, read as {language}.",
            found.score(),
            found.findings.len()
        ),
        format!(
            "Testing Agent: Proposing {} test cases for {} functions.",
            tests.len(),
            found.functions.len()
        ),
        format!("No debate took place: {why}."),
    ];
    Review {
        approved: false,
        score: if found.language.is_some() { found.score() } else { 50 },
        issues: found.findings.iter().map(issue).collect(),
        recommendations,
        reasoning: format!(
            "Read as {language} and judged by static rules alone, since {why}. They see known faults, not wrong logic."
        ),
        coverage: if tests.is_empty() { 0 } else { 50 },
        tests,
        findings: found.findings.clone(),
        debate: None,
        log,
    }
    .decided()
}

fn proposed_tests(functions: &[Function]) -> Vec<TestCase> {
    let tests = functions.iter().flat_map(|f| {
        let test = |name: String, description: String| TestCase { name, description, kind: "unit".into() };
        let promise = test(
            format!("{} gives what it promises", f.name),
            format!("An ordinary call of {} (line {}) gives the expected result.", f.name, f.line),
        );
        let edge = (!f.parameters.is_empty()).then(|| {
            test(
                format!("{} at the edges of its input", f.name),
                format!("Empty, zero, missing and very large values of {}.", f.parameters.join(", ")),
            )
        });
        let branch = f.branches.then(|| {
            test(
                format!("{} takes every branch", f.name),
                format!("Each decision in {} is taken both ways.", f.name),
            )
        });
        [Some(promise), edge, branch].into_iter().flatten()
    });
    tests.take(MOST_TESTS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_finds_its_bad_examples_and_leaves_the_good_ones() {
        let all = rules().unwrap();
        let languages: std::collections::BTreeSet<_> = all.iter().flat_map(|r| &r.languages).collect();
        assert!(
            all.len() >= 40 && languages.len() >= 6,
            "{} rules, {} languages",
            all.len(),
            languages.len()
        );
        let mut faults = vec![];
        for rule in all {
            let one = match Rules::new(vec![rule.clone()]) {
                Ok(one) => one,
                Err(error) => {
                    faults.push(error.message);
                    continue;
                }
            };
            assert!(!rule.bad.is_empty() && !rule.good.is_empty(), "{} shows no examples", rule.id);
            for language in &rule.languages {
                let name = format!("{} ({})", rule.id, language.name());
                let missed = rule.bad.iter().filter(|t| one.find(*language, t).is_empty());
                let blamed = rule.good.iter().filter(|t| !one.find(*language, t).is_empty());
                faults.extend(missed.map(|t| format!("{name} misses\n{t}")));
                faults.extend(blamed.map(|t| format!("{name} blames\n{t}")));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    }

    #[test]
    fn the_code_of_a_message_is_found() {
        assert_eq!(code_in("Review:\n```python\nx = 1\n```\nok?"), ("x = 1\n", Some(Language::Python)));
        assert_eq!(code_in("review code: def f(): pass").0, "def f(): pass");
        assert_eq!(code_in("def f(): pass").0, "def f(): pass");
    }

    #[test]
    fn an_injection_is_never_approved_even_by_a_judge_who_was_talked_round() {
        let code =
            "def f(name):\n    cursor.execute(\"SELECT * FROM users WHERE name = '\" + name + \"'\")\n";
        let found = by_rules(code);
        assert!(found.findings.iter().any(|f| f.severity == Severity::Critical), "{found:?}");
        let tests = proposed_tests(&found.functions);
        let defence = Defence { answers: vec![], tests, coverage: 90, rebuttal: vec![], fixes: vec![] };
        let judged = Judgement {
            issues: vec![],
            score: 100,
            kept_tests: vec![],
            recommendations: vec![],
            reasoning: "Fine.".into(),
        };
        let review = verdict(&found, defence, judged, vec![]);
        assert!(
            !review.approved && review.score < LOWEST_SCORE && review.critical().count() == 1,
            "{review:?}"
        );
        assert!(review.summary().starts_with("REJECTED"), "{}", review.summary());
        assert!(!without_a_model(&found, "x").approved);
    }

    #[test]
    fn plain_code_is_approved_by_rules_alone() {
        let review = without_a_model(
            &by_rules("def area(r):\n    if r < 0:\n        raise ValueError(r)\n    return r * r\n"),
            "x",
        );
        assert!(review.approved && review.tests.len() == 3, "{review:?}");
    }
}
