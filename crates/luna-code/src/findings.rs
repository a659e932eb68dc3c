//! Faults that can be seen without running anything: rules that are tree-sitter queries, and what they find.

use std::collections::{BTreeMap, HashSet};

use luna_model::{Error, Result};
use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Query, QueryCursor, StreamingIterator as _, Tree};

use crate::Language;

/// Most findings of one rule in one text.
const MOST: usize = 50;
/// The captures that mean something: where the fault is, what it must be inside of, what that may not reach through, and
/// what is none after all.
const HERE: &str = "here";
const AROUND: &str = "around";
const WALL: &str = "wall";
const EXCUSED: &str = "excused";

/// How bad it is. Ordered: the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Someone else can take over or destroy something.
    Critical,
    /// It will fail or leak.
    High,
    /// It will fail or be slow at times.
    Medium,
    /// It is in the way of the next reader.
    Low,
    /// It could be said better.
    Info,
}

/// A rule: what to look for and what to say about it.
#[derive(Clone, Debug, Deserialize)]
pub struct Rule {
    /// Its name, the same for a fault in all languages that have it.
    pub id: String,
    /// The languages it reads.
    #[serde(default)]
    pub languages: Vec<Language>,
    /// How bad it is.
    pub severity: Severity,
    /// A line.
    pub title: String,
    /// Why it is a fault.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// A tree-sitter query that captures `@here`.
    pub query: String,
    /// Texts that have the fault.
    #[serde(default)]
    pub bad: Vec<String>,
    /// Texts that do not.
    #[serde(default)]
    pub good: Vec<String>,
}

/// A fault in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// A line.
    pub title: String,
    /// Why it is a fault.
    pub why: String,
    /// What to do.
    pub fix: String,
    /// Where it begins, from 1.
    pub line: usize,
    /// What stands there, its first line.
    pub excerpt: String,
}

/// Rules, ready to be used.
#[derive(Default)]
pub struct Rules {
    by_language: BTreeMap<Language, Vec<(Rule, Query)>>,
}

impl Rules {
    /// Makes rules ready.
    ///
    /// # Errors
    /// `Invalid` for a rule whose query its language does not understand, or that does not say where.
    pub fn new(rules: Vec<Rule>) -> Result<Self> {
        let mut by_language: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for rule in rules {
            for language in read_by(&rule.languages) {
                let query = Query::new(&language.grammar(), &rule.query).map_err(|e| {
                    Error::invalid(format!("the rule {} for {}: {e}", rule.id, language.name()))
                })?;
                if query.capture_index_for_name(HERE).is_none() {
                    let what = format!("the rule {} for {} captures no @here", rule.id, language.name());
                    return Err(Error::invalid(what));
                }
                by_language.entry(language).or_default().push((rule.clone(), query));
            }
        }
        Ok(Self { by_language })
    }

    /// How many there are, over all languages.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_language.values().map(Vec::len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_language.is_empty()
    }

    /// The faults of a text, the worst first, then by line.
    #[must_use]
    pub fn find(&self, language: Language, text: &str) -> Vec<Finding> {
        let (Some(rules), Some(tree)) = (self.by_language.get(&language), language.parse(text)) else {
            return vec![];
        };
        let mut found: Vec<_> = rules
            .iter()
            .flat_map(|(rule, query)| places(query, &tree, text).into_iter().map(|n| finding(rule, n, text)))
            .collect();
        found.sort_by(|a, b| (a.severity, a.line, &a.rule).cmp(&(b.severity, b.line, &b.rule)));
        found.dedup_by(|a, b| a.rule == b.rule && a.line == b.line);
        found
    }
}

/// Where a query says there is a fault: each `@here` that is inside an `@around`, where the query has one, and neither is an `@excused`
/// nor inside one. A `@wall` above the place ends the look upwards.
fn places<'t>(query: &Query, tree: &'t Tree, text: &str) -> Vec<Node<'t>> {
    let captured = |name: &str| query.capture_index_for_name(name);
    let [here, around, wall, excused] = [HERE, AROUND, WALL, EXCUSED].map(captured);
    let (mut places, mut arounds, mut walls, mut excuses) =
        (vec![], HashSet::new(), HashSet::new(), HashSet::new());
    let mut cursor = QueryCursor::new();
    let mut matches = cursor.matches(query, tree.root_node(), text.as_bytes());
    while let Some(fits) = matches.next() {
        for capture in fits.captures {
            let (index, node) = (Some(capture.index), capture.node);
            if index == here {
                places.push(node);
            } else if index == around {
                arounds.insert(node.id());
            } else if index == wall {
                walls.insert(node.id());
            } else if index == excused {
                excuses.insert(node.id());
            }
        }
    }
    places.retain(|place| {
        let mut inside = around.is_none();
        for node in upwards(*place) {
            if excuses.contains(&node.id()) {
                return false;
            }
            inside |= arounds.contains(&node.id());
            if walls.contains(&node.id()) && node.id() != place.id() {
                break;
            }
        }
        inside
    });
    places.truncate(MOST);
    places
}

/// A node and all that it is inside of.
fn upwards(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::successors(Some(node), Node::parent)
}

/// The grammars that read rules of these languages: TypeScript is read by two.
fn read_by(languages: &[Language]) -> Vec<Language> {
    let mut all = languages.to_vec();
    if all.contains(&Language::TypeScript) {
        all.push(Language::Tsx);
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn finding(rule: &Rule, node: tree_sitter::Node<'_>, text: &str) -> Finding {
    let said = text.get(node.byte_range()).unwrap_or_default();
    let excerpt = said.lines().next().unwrap_or_default().chars().take(160).collect();
    Finding {
        rule: rule.id.clone(),
        severity: rule.severity,
        title: rule.title.clone(),
        why: rule.why.clone(),
        fix: rule.fix.clone(),
        line: node.start_position().row + 1,
        excerpt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(languages: &[Language], query: &str) -> Rule {
        Rule {
            id: "eval".into(),
            languages: languages.to_vec(),
            severity: Severity::Critical,
            title: "Runs text as code".into(),
            why: "w".into(),
            fix: "f".into(),
            query: query.into(),
            bad: vec![],
            good: vec![],
        }
    }

    const EVAL: &str = r#"(call_expression function: (identifier) @f (#eq? @f "eval")) @here"#;

    #[test]
    fn a_rule_finds_and_predicates_hold() {
        let rules = Rules::new(vec![rule(&[Language::JavaScript, Language::TypeScript], EVAL)]).unwrap();
        let found = rules.find(Language::JavaScript, "a();\neval(input);\n");
        assert_eq!((found.len(), found[0].line, found[0].excerpt.as_str()), (1, 2, "eval(input)"));
        assert_eq!(
            rules.find(Language::Tsx, "eval(x as string)").len(),
            1,
            "JavaScript's rules hold there too"
        );
        assert!(rules.find(Language::Python, "eval(x)").is_empty());
    }

    #[test]
    fn what_is_around_a_place_counts_up_to_a_wall() {
        let query = "(defer_statement) @here (for_statement body: (block) @around) (func_literal) @wall";
        let rules = Rules::new(vec![rule(&[Language::Go], query)]).unwrap();
        let count = |body: &str| rules.find(Language::Go, &format!("func f() {{ {body} }}")).len();
        assert_eq!(count("for { defer a() }"), 1);
        assert_eq!(count("defer a()"), 0);
        assert_eq!(count("for { func() { defer a() }() }"), 0);
    }

    #[test]
    fn a_rule_that_cannot_work_is_refused() {
        assert!(Rules::new(vec![rule(&[Language::Rust], "(no_such_node) @here")]).is_err());
        assert!(Rules::new(vec![rule(&[Language::Rust], "(identifier) @there")]).is_err());
    }
}
