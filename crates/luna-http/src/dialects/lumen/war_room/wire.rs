//! The words of the war room.

use luna_core::review::{self, Proposal, Review};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Failed;

#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct Proposed {
    /// What the code does.
    #[schema(required = true)]
    #[serde(default)]
    proposal: Option<String>,
    /// The code.
    #[schema(required = true)]
    #[serde(default)]
    code: Option<String>,
    /// Where it runs, what it must keep to.
    #[serde(default)]
    context: Option<String>,
}

impl Proposed {
    pub(super) fn into_core(self) -> Result<Proposal, Failed> {
        let given = |text: Option<String>, parameter| {
            text.filter(|t| !t.trim().is_empty())
                .ok_or(Failed::Missing { parameter, say: "Proposal and code are required" })
        };
        Ok(Proposal {
            what: given(self.proposal, "proposal")?,
            code: given(self.code, "code")?,
            context: self.context,
            id: None,
        })
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Issue {
    /// `critical`, `high`, `medium`, `low` or `info`.
    severity: String,
    description: String,
    location: String,
}

impl Issue {
    fn from_core(issue: &review::Issue) -> Self {
        Self {
            severity: format!("{:?}", issue.severity).to_lowercase(),
            description: issue.description.clone(),
            location: issue.location.clone(),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct Analysis {
    issues: Vec<Issue>,
    recommendations: Vec<String>,
    reasoning: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct TestCase {
    name: String,
    description: String,
    r#type: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Testing {
    test_count: usize,
    /// Per cent.
    coverage: u8,
    test_cases: Vec<TestCase>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verdict {
    /// `APPROVED` or `REJECTED`.
    verdict: &'static str,
    is_safe: bool,
    quality_score: u8,
    analysis: Analysis,
    testing: Testing,
    critical_issues: Vec<Issue>,
    debate_log: Vec<String>,
    summary: String,
}

impl Verdict {
    pub(super) fn from_core(review: Review) -> Self {
        let tests = review.tests.iter().map(|t| TestCase {
            name: t.name.clone(),
            description: t.description.clone(),
            r#type: t.kind.clone(),
        });
        Self {
            verdict: if review.approved { "APPROVED" } else { "REJECTED" },
            is_safe: review.approved,
            quality_score: review.score,
            testing: Testing {
                test_count: review.tests.len(),
                coverage: review.coverage,
                test_cases: tests.collect(),
            },
            critical_issues: review.critical().map(Issue::from_core).collect(),
            summary: review.summary(),
            analysis: Analysis {
                issues: review.issues.iter().map(Issue::from_core).collect(),
                recommendations: review.recommendations,
                reasoning: review.reasoning,
            },
            debate_log: review.log,
        }
    }
}
