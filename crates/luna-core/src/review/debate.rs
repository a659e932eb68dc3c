//! The debate over some code: a challenger attacks, a defender answers with tests, each rebuts the other, a judge reads both.
//! What becomes of it is decided elsewhere.

use luna_code::Severity;
use luna_model::{Error, Event, Result, ReviewSide};
use serde::Deserialize;

use super::{ByRules, Issue, Proposal, Review, TestCase, verdict};
use crate::Luna;
use crate::agents::{DEBATE, agent};

/// What the two sides said to each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Debate {
    /// What the challenger holds against the code.
    pub points: Vec<Point>,
    /// What the defender answers.
    pub answers: Vec<Defended>,
    /// What the challenger says to that.
    pub challenger: Vec<String>,
    /// The points that stand for the challenger after it.
    pub standing: Vec<String>,
    /// The defender's last words.
    pub defender: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Attack {
    points: Vec<Point>,
    rebuttal: Vec<String>,
    standing: Vec<String>,
}

/// Something the challenger holds against some code.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Point {
    /// Its name in the debate.
    pub id: String,
    /// How bad it would be.
    pub severity: Severity,
    /// Where.
    pub location: String,
    /// What happens, on which input.
    pub attack: String,
}

#[derive(Deserialize)]
pub(super) struct Defence {
    pub(super) answers: Vec<Defended>,
    pub(super) tests: Vec<TestCase>,
    pub(super) coverage: u8,
    pub(super) rebuttal: Vec<String>,
    pub(super) fixes: Vec<String>,
}

/// What the defender answers to a point.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Defended {
    /// The point.
    pub point: String,
    /// Whether it is conceded or refuted.
    pub answer: String,
    /// Why.
    pub because: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Judgement {
    pub(super) issues: Vec<Issue>,
    pub(super) score: u8,
    pub(super) kept_tests: Vec<String>,
    pub(super) recommendations: Vec<String>,
    pub(super) reasoning: String,
}

/// What is written down while they speak. A review with a name is followed by whoever watches the events.
struct Minutes<'a> {
    luna: &'a Luna,
    review: Option<&'a str>,
    log: Vec<String>,
}

impl Minutes<'_> {
    fn note(&mut self, by: ReviewSide, lines: Vec<String>) {
        if let Some(review) = self.review {
            let (review, said) = (review.to_owned(), lines.clone());
            self.luna.bus().publish(Event::ReviewHeard { review, by, said });
        }
        self.log.extend(lines.into_iter().map(|line| format!("{}: {line}", name(by))));
    }
}

/// Who spoke, in the words of the API's log.
const fn name(side: ReviewSide) -> &'static str {
    match side {
        ReviewSide::Rules => "Rules",
        ReviewSide::Challenger => "Code Analyzer",
        ReviewSide::Defender => "Testing Agent",
        ReviewSide::Judge => "Judge",
    }
}

impl Luna {
    /// Has the sides argue, and decides by what the judge makes of it.
    pub(super) async fn debate(&self, proposal: &Proposal, found: &ByRules) -> Result<Review> {
        let mut minutes = Minutes { luna: self, review: proposal.id.as_deref(), log: vec![] };
        let findings = found.findings.len();
        let said = format!("{findings} findings, quality score {}/100.", found.score());
        minutes.note(ReviewSide::Rules, vec![said]);
        let case = case(proposal, found);

        let attack: Attack = self.say_in_debate("challenger", &case).await?;
        let line = |p: &Point| format!("{} ({:?}, {}): {}", p.id, p.severity, p.location, p.attack);
        minutes.note(ReviewSide::Challenger, attack.points.iter().map(line).collect());
        let statement = format!("{case}\n\n## The challenger's points\n{}", told(&attack.points, line));

        let defence: Defence = self.say_in_debate("defender", &statement).await?;
        let line = |a: &Defended| format!("{}: {}, {}", a.point, a.answer, a.because);
        let proposes =
            format!("Proposing {} test cases, coverage {} %.", defence.tests.len(), defence.coverage);
        minutes.note(ReviewSide::Defender, defence.answers.iter().map(line).chain([proposes]).collect());
        let answers = told(&defence.answers, line);
        let tests = told(&defence.tests, |t| format!("{} ({}): {}", t.name, t.kind, t.description));
        let defended = format!(
            "{statement}\n\n## The defender's answers\n{answers}\n\n## The defender's tests\n{tests}"
        );

        let rebuttal: Attack =
            self.say_in_debate("challenger", &format!("{defended}\n\nNow your rebuttal.")).await?;
        minutes.note(ReviewSide::Challenger, rebuttal.rebuttal.clone());
        let against = told(&rebuttal.rebuttal, Clone::clone);
        let standing = rebuttal.standing.join(", ");
        let disputed =
            format!("{defended}\n\n## The challenger's rebuttal\n{against}\nStill standing: {standing}");

        let last: Defence =
            self.say_in_debate("defender", &format!("{disputed}\n\nNow your rebuttal.")).await?;
        minutes.note(ReviewSide::Defender, last.rebuttal.clone());
        let answer = told(&last.rebuttal, Clone::clone);
        let whole = format!("{disputed}\n\n## The defender's rebuttal\n{answer}");

        let judged: Judgement = self.say_in_debate("judge", &whole).await?;
        let said = format!("Quality score {}/100. {}", judged.score, judged.reasoning);
        minutes.note(ReviewSide::Judge, vec![said]);
        let said = Debate {
            points: attack.points,
            answers: defence.answers,
            challenger: rebuttal.rebuttal,
            standing: rebuttal.standing,
            defender: last.rebuttal.clone(),
        };
        Ok(Review { debate: Some(said), ..verdict(found, last, judged, minutes.log) })
    }

    async fn say_in_debate<T: serde::de::DeserializeOwned>(&self, who: &str, case: &str) -> Result<T> {
        let said = self.work_out(agent(DEBATE, who)?, case.to_owned()).await?;
        serde_json::from_value(said).map_err(Error::internal)
    }
}

fn told<T>(items: &[T], line: impl Fn(&T) -> String) -> String {
    if items.is_empty() {
        return "none".into();
    }
    items.iter().map(|item| format!("- {}", line(item))).collect::<Vec<_>>().join("\n")
}

fn case(proposal: &Proposal, found: &ByRules) -> String {
    let numbered = proposal.code.lines().enumerate().map(|(at, line)| format!("{:>4}  {line}", at + 1));
    let context = proposal.context.as_deref().filter(|c| !c.trim().is_empty()).unwrap_or("none given");
    format!(
        "## Proposal\n{}\n\n## Context\n{context}\n\n## Code\n{}{}",
        proposal.what,
        numbered.collect::<Vec<_>>().join("\n"),
        found.told()
    )
}
