//! Patterns of requests, and how well some words fit one.
//!
//! A pattern is words between spaces: `remove|delete` one of these; `set_up` two words that are one; `<show>` one of a
//! class of the data's; `[…]` may be missing; `{name}` or `{name:kind}` a slot. Plurals, articles and a slip of the
//! finger in a longer word are forgiven.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::slot::{Kind, Value};
use super::words::Word;

/// Words that say nothing about what is wanted.
const ARTICLES: &[&str] = &["the", "a", "an", "my", "me", "our", "us", "of", "please", "just"];
/// After these comes a name, to the letter.
const BEFORE_NAMES: &[&str] = &["called", "named", "name", "saying", "message", "containing"];

/// A pattern, ready to be compared.
#[derive(Debug)]
pub(super) struct Pattern {
    nodes: Vec<Node>,
}

#[derive(Debug)]
enum Node {
    Word(Vec<Vec<String>>),
    Maybe(Vec<Node>),
    Slot(String, Kind),
}

/// How some words fit.
#[derive(Clone, Debug)]
pub(super) struct Match {
    /// More is better.
    pub(super) score: i32,
    /// What fills the slots.
    pub(super) values: BTreeMap<String, Value>,
}

impl Pattern {
    /// Reads a pattern. The error says what is wrong with it.
    pub(super) fn parse(text: &str, classes: &BTreeMap<String, Vec<String>>) -> Result<Self, String> {
        let spaced = text.replace('[', " [ ").replace(']', " ] ");
        let mut tokens = spaced.split_whitespace();
        let nodes = parse_nodes(&mut tokens, classes, false).map_err(|e| format!("{text:?}: {e}"))?;
        Ok(Self { nodes })
    }

    /// The kinds of the slots, by name.
    pub(super) fn slots(&self) -> BTreeMap<&str, Kind> {
        fn collect<'a>(nodes: &'a [Node], into: &mut BTreeMap<&'a str, Kind>) {
            for node in nodes {
                match node {
                    Node::Slot(name, kind) => drop(into.insert(name, *kind)),
                    Node::Maybe(inner) => collect(inner, into),
                    Node::Word(_) => {}
                }
            }
        }
        let mut slots = BTreeMap::new();
        collect(&self.nodes, &mut slots);
        slots
    }

    /// Every word it knows.
    pub(super) fn vocabulary(&self) -> BTreeSet<&str> {
        fn collect<'a>(nodes: &'a [Node], into: &mut BTreeSet<&'a str>) {
            for node in nodes {
                match node {
                    Node::Word(choices) => into.extend(choices.iter().flatten().map(String::as_str)),
                    Node::Maybe(inner) => collect(inner, into),
                    Node::Slot(..) => {}
                }
            }
        }
        let mut words = BTreeSet::new();
        collect(&self.nodes, &mut words);
        words
    }

    /// The best way in which all the words fit; none when they do not.
    pub(super) fn best_match(&self, words: &[Word]) -> Option<Match> {
        let mut search = Search { words, filled: Vec::new(), best: None };
        search.walk(&Rest { nodes: &self.nodes, next: None }, 0, 0);
        search.best
    }
}

fn parse_nodes<'a>(
    tokens: &mut impl Iterator<Item = &'a str>,
    classes: &BTreeMap<String, Vec<String>>,
    inside: bool,
) -> Result<Vec<Node>, String> {
    let phrase = |text: &str| text.split('_').map(str::to_owned).collect::<Vec<_>>();
    let mut nodes = Vec::new();
    while let Some(token) = tokens.next() {
        nodes.push(match token {
            "[" => Node::Maybe(parse_nodes(tokens, classes, true)?),
            "]" if inside => return Ok(nodes),
            "]" => return Err("a ] without its [".into()),
            _ if token.starts_with('{') => {
                let inner =
                    token.strip_prefix('{').and_then(|t| t.strip_suffix('}')).ok_or("a { without its }")?;
                let (name, kind) = inner.split_once(':').unwrap_or((inner, inner));
                Node::Slot(name.to_owned(), Kind::from_name(kind).ok_or_else(|| format!("no kind {kind}"))?)
            }
            _ => {
                let mut choices = Vec::new();
                for choice in token.split('|') {
                    match choice.strip_prefix('<').and_then(|c| c.strip_suffix('>')) {
                        Some(class) => {
                            let members = classes.get(class).ok_or_else(|| format!("no class {class}"))?;
                            choices.extend(members.iter().map(|member| phrase(member)));
                        }
                        None => choices.push(phrase(choice)),
                    }
                }
                Node::Word(choices)
            }
        });
    }
    if inside { Err("a [ without its ]".into()) } else { Ok(nodes) }
}

/// What of a pattern is still to be found: these nodes, then those after the group they are in.
struct Rest<'a> {
    nodes: &'a [Node],
    next: Option<&'a Rest<'a>>,
}

struct Search<'a> {
    words: &'a [Word],
    filled: Vec<(String, Value)>,
    best: Option<Match>,
}

impl Search<'_> {
    fn walk(&mut self, rest: &Rest<'_>, at: usize, score: i32) {
        let Some((node, nodes)) = rest.nodes.split_first() else {
            match rest.next {
                Some(next) => self.walk(next, at, score),
                None => self.arrive(at, score),
            }
            return;
        };
        let after = Rest { nodes, next: rest.next };
        match node {
            Node::Maybe(inner) => {
                self.walk(&Rest { nodes: inner, next: Some(&after) }, at, score);
                self.walk(&after, at, score);
            }
            Node::Word(choices) => {
                for start in at..=self.skip_articles(at) {
                    for choice in choices {
                        if let Some(points) = fits(choice, &self.words[start..]) {
                            self.walk(
                                &after,
                                start + choice.len(),
                                score + points - ARTICLE * steps(at..start),
                            );
                        }
                    }
                }
            }
            Node::Slot(name, kind) => {
                let to_the_letter = at > 0 && BEFORE_NAMES.contains(&self.words[at - 1].low.as_str());
                let start = if to_the_letter { at } else { self.skip_articles(at) };
                for end in start + 1..=self.words.len().min(start + kind.longest()) {
                    if let Some(value) = kind.read(&self.words[start..end]) {
                        let points =
                            kind.points(&value) - LONGER * steps(start + 1..end) - ARTICLE * steps(at..start);
                        self.filled.push((name.clone(), value));
                        self.walk(&after, end, score + points);
                        self.filled.pop();
                    }
                }
            }
        }
    }

    /// The pattern is at its end; so must the words be.
    fn arrive(&mut self, at: usize, score: i32) {
        let skipped = self.skip_articles(at);
        if skipped < self.words.len() {
            return;
        }
        let score = score - ARTICLE * steps(at..skipped);
        if self.best.as_ref().is_none_or(|best| best.score < score) {
            self.best = Some(Match { score, values: self.filled.iter().cloned().collect() });
        }
    }

    /// Where the next word is that says something.
    fn skip_articles(&self, at: usize) -> usize {
        let articles =
            self.words[at..].iter().take_while(|w| !w.quoted && ARTICLES.contains(&w.low.as_str()));
        at + articles.count()
    }
}

/// Points for a word that fits, for one that nearly does, and what it costs to skip an article or to put one more word
/// into a slot.
const WORD: i32 = 10;
const NEARLY: i32 = 6;
const ARTICLE: i32 = 1;
const LONGER: i32 = 2;

fn steps(range: Range<usize>) -> i32 {
    i32::try_from(range.len()).unwrap_or(i32::MAX / 8)
}

/// The points for this choice at the beginning of the words.
fn fits(choice: &[String], words: &[Word]) -> Option<i32> {
    if words.len() < choice.len() {
        return None;
    }
    choice.iter().zip(words).map(|(wanted, word)| fits_one(wanted, word)).sum()
}

fn fits_one(wanted: &str, word: &Word) -> Option<i32> {
    if word.quoted {
        return None;
    }
    let said = word.low.as_str();
    let plural = |one: &str, many: &str| many.strip_prefix(one).is_some_and(|end| end == "s" || end == "es");
    if said == wanted {
        Some(if ARTICLES.contains(&wanted) { 0 } else { WORD })
    } else if plural(wanted, said) || plural(said, wanted) {
        Some(WORD - 1)
    } else if word.slipped && wanted.len() >= 5 && said.chars().next() == wanted.chars().next() {
        (strsim::osa_distance(said, wanted) == 1).then_some(NEARLY)
    } else {
        None
    }
}
