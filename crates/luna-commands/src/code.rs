//! The user's code: indexed, searched, and reviewed.

use luna_core::code::{CodeHit, OWN};
use luna_core::review::{self, Proposal};
use luna_core::store::Repository;
use luna_model::{Result, Timestamp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::table::{Context, Done, Empty, Register};

#[derive(Debug, Deserialize, TS)]
struct IndexFolder {
    folder: String,
    /// What it is called; none = as the folder.
    repository: Option<String>,
}

/// What came of indexing a folder.
#[derive(Debug, Serialize, TS)]
struct IndexedFolder {
    repository: String,
    files: usize,
    unchanged: usize,
    pieces: usize,
    removed: usize,
    bytes: u64,
}

async fn index(cx: Context, q: IndexFolder) -> Result<IndexedFolder> {
    let (repository, done) = cx.luna.index_folder(q.folder.as_ref(), q.repository).await?;
    Ok(IndexedFolder {
        repository,
        files: done.files,
        unchanged: done.unchanged,
        pieces: done.pieces,
        removed: done.removed,
        bytes: done.bytes,
    })
}

#[derive(Debug, Deserialize, TS)]
struct OneRepository {
    repository: String,
}

async fn stop_indexing(cx: Context, q: OneRepository) -> Result<Done> {
    cx.luna.code().stop_reading(&q.repository)?;
    Ok(Done {})
}

async fn forget(cx: Context, q: OneRepository) -> Result<Done> {
    cx.luna.code().forget(OWN, &q.repository).await?;
    Ok(Done {})
}

#[derive(Debug, Deserialize, TS)]
struct SearchCode {
    query: String,
    repository: Option<String>,
    limit: Option<usize>,
}

/// A piece of code that was found.
#[derive(Debug, Serialize, TS)]
struct CodeFound {
    repository: String,
    path: String,
    first_line: u32,
    last_line: u32,
    name: Option<String>,
    /// `function`, `class`, `method`, `block`, …
    kind: String,
    text: String,
    /// 0 to 1.
    score: f32,
}

async fn search(cx: Context, q: SearchCode) -> Result<Vec<CodeFound>> {
    let hits = cx.luna.code().search(OWN, q.repository.as_deref(), &q.query, q.limit.unwrap_or(10)).await?;
    let found = |h: CodeHit| CodeFound {
        repository: h.repository,
        path: h.piece.path,
        first_line: h.piece.first_line,
        last_line: h.piece.last_line,
        name: h.piece.name,
        kind: h.piece.kind,
        text: h.piece.text,
        score: h.score,
    };
    Ok(hits.into_iter().map(found).collect())
}

/// A repository that is indexed.
#[derive(Debug, Serialize, TS)]
struct IndexedRepository {
    name: String,
    files: u64,
    pieces: u64,
    bytes: u64,
    indexed_at: Timestamp,
}

async fn repositories(cx: Context, _: Empty) -> Result<Vec<IndexedRepository>> {
    let one = |r: Repository| IndexedRepository {
        name: r.name,
        files: r.files,
        pieces: r.pieces,
        bytes: r.bytes,
        indexed_at: r.indexed_at,
    };
    Ok(cx.luna.code().repositories(OWN).await?.into_iter().map(one).collect())
}

#[derive(Debug, Deserialize, TS)]
struct Review {
    proposal: String,
    code: String,
    context: Option<String>,
    /// A name of the caller's choice: what is said meanwhile comes as `review_heard` events with this name.
    #[ts(optional)]
    id: Option<String>,
}

/// Something that is wrong with some code.
#[derive(Debug, Serialize, TS)]
struct ReviewIssue {
    /// `critical`, `high`, `medium`, `low` or `info`.
    severity: String,
    description: String,
    /// `line 3`, or in words.
    location: String,
}

/// Something that a rule found.
#[derive(Debug, Serialize, TS)]
struct ReviewFinding {
    rule: String,
    severity: String,
    line: usize,
    title: String,
    why: String,
    fix: String,
}

/// A test that would decide something.
#[derive(Debug, Serialize, TS)]
struct ReviewTest {
    name: String,
    description: String,
    /// `unit`, `integration`, `e2e`, `performance` or `security`.
    kind: String,
}

/// What the challenger holds against the code, and what the defender answers.
#[derive(Debug, Serialize, TS)]
struct ReviewPoint {
    id: String,
    severity: String,
    location: String,
    attack: String,
    /// `refuted`, `bounded` or `conceded`; none when nothing was answered.
    answer: Option<String>,
    because: Option<String>,
    /// Whether it stands for the challenger after the rebuttals.
    stands: bool,
}

/// What the two sides said to each other.
#[derive(Debug, Serialize, TS)]
struct ReviewDebate {
    points: Vec<ReviewPoint>,
    challenger: Vec<String>,
    defender: Vec<String>,
}

/// What came of a review.
#[derive(Debug, Serialize, TS)]
struct Reviewed {
    approved: bool,
    score: u8,
    /// The share of behaviours that the tests reach, 0 to 100.
    coverage: u8,
    summary: String,
    reasoning: String,
    findings: Vec<ReviewFinding>,
    issues: Vec<ReviewIssue>,
    recommendations: Vec<String>,
    tests: Vec<ReviewTest>,
    /// None where no model took part.
    debate: Option<ReviewDebate>,
    /// All of it, a line each.
    log: Vec<String>,
}

/// The name of a severity, as the core's own data has it.
fn word(severity: impl std::fmt::Debug) -> String {
    format!("{severity:?}").to_lowercase()
}

fn debate(said: review::Debate) -> ReviewDebate {
    let point = |p: &review::Point| {
        let answer = said.answers.iter().find(|a| a.point == p.id);
        ReviewPoint {
            id: p.id.clone(),
            severity: word(p.severity),
            location: p.location.clone(),
            attack: p.attack.clone(),
            answer: answer.map(|a| a.answer.clone()),
            because: answer.map(|a| a.because.clone()),
            stands: said.standing.contains(&p.id),
        }
    };
    ReviewDebate {
        points: said.points.iter().map(point).collect(),
        challenger: said.challenger,
        defender: said.defender,
    }
}

async fn review(cx: Context, q: Review) -> Result<Reviewed> {
    let proposal = Proposal { what: q.proposal, code: q.code, context: q.context, id: q.id };
    let review = cx.luna.review(proposal).await?;
    let issue = |i: &review::Issue| ReviewIssue {
        severity: word(i.severity),
        description: i.description.clone(),
        location: i.location.clone(),
    };
    let findings = review.findings.iter().map(|f| ReviewFinding {
        rule: f.rule.clone(),
        severity: word(f.severity),
        line: f.line,
        title: f.title.clone(),
        why: f.why.clone(),
        fix: f.fix.clone(),
    });
    let test = |t: &review::TestCase| ReviewTest {
        name: t.name.clone(),
        description: t.description.clone(),
        kind: t.kind.clone(),
    };
    Ok(Reviewed {
        approved: review.approved,
        score: review.score,
        coverage: review.coverage,
        summary: review.summary(),
        findings: findings.collect(),
        issues: review.issues.iter().map(issue).collect(),
        tests: review.tests.iter().map(test).collect(),
        debate: review.debate.map(debate),
        reasoning: review.reasoning,
        recommendations: review.recommendations,
        log: review.log,
    })
}

pub(crate) fn register(r: &mut Register) {
    r.reply("code.index", index);
    r.reply("code.stop_indexing", stop_indexing);
    r.reply("code.forget", forget);
    r.reply("code.search", search);
    r.reply("code.repositories", repositories);
    r.reply("code.review", review);
}
